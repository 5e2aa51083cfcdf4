import {
  type DirectiveNode,
  type FieldNode,
  GraphQLBoolean,
  type GraphQLResolveInfo,
  Kind,
  type SelectionSetNode,
  valueFromAST,
} from 'graphql';
import {
  type Field,
  hasId,
  type RowType,
  type Sage200Model,
  type ScalarField,
  scalarByRestName,
} from '../model/model.ts';

/** The part of a row that a selection needs, in REST terms. */
export interface Shape {
  readonly type: RowType;
  /** Plain fields. */
  readonly select: Set<string>;
  /** Linked rows, child rows and objects inside the row. */
  readonly expand: Map<string, Shape>;
  /** Custom expands that switch on plain fields. */
  readonly custom: Set<string>;
}

export interface SelectionContext {
  readonly model: Sage200Model;
  readonly fragments: GraphQLResolveInfo['fragments'];
  readonly variables: GraphQLResolveInfo['variableValues'];
}

/** The selected fields on `typeName`: fragments, aliases, `@skip` and `@include` resolved. */
export function* fieldsOf(
  selectionSets: Iterable<SelectionSetNode | undefined>,
  typeName: string,
  context: SelectionContext,
): Generator<FieldNode> {
  for (const selectionSet of selectionSets) {
    for (const selection of selectionSet?.selections ?? []) {
      if (!isIncluded(selection.directives, context)) continue;
      if (selection.kind === Kind.FIELD) {
        yield selection;
        continue;
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? context.fragments[selection.name.value] : selection;
      const condition = fragment?.typeCondition?.name.value;
      // Row types are concrete and have one interface, so a condition matches by the name or by `Node`.
      if (fragment && (!condition || condition === typeName || condition === 'Node')) {
        yield* fieldsOf([fragment.selectionSet], typeName, context);
      }
    }
  }
}

function isIncluded(directives: readonly DirectiveNode[] | undefined, { variables }: SelectionContext): boolean {
  for (const { name, arguments: given } of directives ?? []) {
    if (name.value !== 'skip' && name.value !== 'include') continue;
    const condition = given?.find((argument) => argument.name.value === 'if');
    const value = condition && valueFromAST(condition.value, GraphQLBoolean, variables);
    if (value === (name.value === 'skip')) return false;
  }
  return true;
}

/** The data that one request must include to answer these selections, with the expands that Sage has. */
export function shapeOf(
  type: RowType,
  selectionSets: readonly (SelectionSetNode | undefined)[],
  context: SelectionContext,
): Shape {
  const shape = shapeAt(type, selectionSets, context, 0);
  ensureSelected(type, shape);
  return shape;
}

function shapeAt(
  type: RowType,
  selectionSets: Iterable<SelectionSetNode | undefined>,
  context: SelectionContext,
  depth: number,
): Shape {
  const shape: Shape = { type, select: new Set(), expand: new Map(), custom: new Set() };
  for (const node of fieldsOf(selectionSets, type.name, context)) {
    const field = type.fields.get(node.name.value);
    if (field) addField(shape, type, field, node, context, depth);
  }
  return shape;
}

function addField(
  shape: Shape,
  type: RowType,
  field: Field,
  node: FieldNode,
  context: SelectionContext,
  depth: number,
): void {
  switch (field.kind) {
    case 'globalId':
      shape.select.add('id');
      break;
    case 'list':
      shape.select.add(field.key);
      break;
    case 'scalar':
      addScalar(shape, field, depth);
      break;
    case 'linked': {
      const target = context.model.rowTypes.get(field.typeName);
      // Sage expands only one level; and if only the id is selected, the key is enough.
      const isExpanded =
        target && field.expandable && depth === 0 && !wantsOnlyId(target, [node.selectionSet], context);
      if (!isExpanded) {
        addKey(shape, type, field.key, depth);
        break;
      }
      merge(shape, field.restName, target, node, context);
      // Another alias may select only the id.
      if (hasId(target)) shape.expand.get(field.restName)?.select.add('id');
      break;
    }
    case 'children': {
      const target = context.model.rowTypes.get(field.typeName);
      if (!target) break;
      if (!field.expandable) shape.select.add(field.restName);
      else if (depth === 0) merge(shape, field.restName, target, node, context);
      // A deeper row of a resource is read again by its id, which includes its children; an embedded object is complete.
      else shape.select.add(isReadable(type) ? 'id' : field.restName);
      break;
    }
  }
}

/** A value that needs a custom expand cannot be included in a deeper row: that row is read again by its id. */
function addScalar(shape: Shape, { restName, expand }: ScalarField, depth: number): void {
  if (expand && depth > 0) {
    shape.select.add('id');
    return;
  }
  shape.select.add(restName);
  if (expand) shape.custom.add(expand);
}

function addKey(shape: Shape, type: RowType, restName: string, depth: number): void {
  const key = scalarByRestName(type, restName);
  if (key) addScalar(shape, key, depth);
  else shape.select.add(restName);
}

/** The same field under several aliases is one expand with all their fields. */
function merge(shape: Shape, restName: string, target: RowType, node: FieldNode, context: SelectionContext): void {
  const inner = shapeAt(target, [node.selectionSet], context, 1);
  ensureSelected(target, inner);
  const known = shape.expand.get(restName);
  if (!known) {
    shape.expand.set(restName, inner);
    return;
  }
  for (const name of inner.select) known.select.add(name);
  for (const name of inner.custom) known.custom.add(name);
}

/** Whether a row of that type can be read separately. */
export const isReadable = ({ resource }: RowType): boolean =>
  resource !== undefined && (resource.operations.has('GET') || resource.operations.has('LIST'));

/** An empty selection would return every field. */
function ensureSelected(type: RowType, shape: Shape): void {
  if (shape.select.size > 0) return;
  const fields = plainFields(type);
  const first = fields.find(({ restName }) => restName === 'id') ?? fields[0];
  if (first) shape.select.add(first.restName);
}

/** Whether the key alone answers the selection of a linked row. */
export function wantsOnlyId(
  target: RowType,
  selectionSets: Iterable<SelectionSetNode | undefined>,
  context: SelectionContext,
): boolean {
  for (const { name } of fieldsOf(selectionSets, target.name, context)) {
    if (name.value !== 'sageId' && name.value !== '__typename' && !(name.value === 'id' && target.isNode)) return false;
  }
  return true;
}

const plainFieldsByType = new WeakMap<RowType, readonly ScalarField[]>();

/** The fields that Sage returns without being selected. */
function plainFields(type: RowType): readonly ScalarField[] {
  const known = plainFieldsByType.get(type);
  if (known) return known;
  const found = [...type.fields.values()].filter(
    (field): field is ScalarField => field.kind === 'scalar' && !field.expand && !field.writeOnly && !field.filterOnly,
  );
  plainFieldsByType.set(type, found);
  return found;
}

/** Above this share, selecting fields saves nothing, and takes room in the address that keys need. */
const NEARLY_ALL = 0.9;

/**
 * `$select` and `$expand` of a shape: children's fields with a dot. Sorted, so equal shapes print the same. Without
 * `$select` if it would name nearly every field: then whole rows are returned.
 */
export function printShape(shape: Shape): { select?: string[]; expand: string[] } {
  const dotted = [...shape.expand].flatMap(([name, inner]) => [...inner.select].map((field) => `${name}.${field}`));
  const select = [...shape.select, ...dotted].sort();
  const expand = [...shape.expand.keys(), ...shape.custom].sort();
  const whole = [shape, ...shape.expand.values()].reduce((sum, { type }) => sum + plainFields(type).length, 0);
  return select.length >= whole * NEARLY_ALL ? { expand } : { select, expand };
}
