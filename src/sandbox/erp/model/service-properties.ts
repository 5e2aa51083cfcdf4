import type { PropertyKind, PropertyModel } from './model.ts';

/** The properties that every node has, besides `_access` and `_factory`. Source: any node page of the reference. */
export function serviceProperties(nodeIsReadOnly: boolean): PropertyModel[] {
  const property = (name: string, kind: PropertyKind, typeName: string, writable = false): PropertyModel => ({
    name,
    column: name,
    kind,
    typeName,
    target: kind === 'reference' ? typeName : undefined,
    children: undefined,
    computed: undefined,
    writable: writable && !nodeIsReadOnly,
    required: false,
    vital: false,
    default: undefined,
  });
  return [
    property('_id', 'id', 'Id', true),
    property('_sourceId', 'string', 'String', true),
    property('_customData', 'json', 'Json', true),
    property('_etag', 'string', 'String', true),
    property('_updateTick', 'int', 'Int', true),
    property('_createUser', 'reference', 'User'),
    property('_updateUser', 'reference', 'User'),
    property('_createStamp', 'datetime', 'Datetime'),
    property('_updateStamp', 'datetime', 'Datetime'),
  ];
}
