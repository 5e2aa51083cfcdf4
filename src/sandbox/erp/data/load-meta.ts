import type { Model, PropertyKind, PropertyModel } from '../model/model.ts';
import type { Store } from './store.ts';

/** Fills `xtremMetadata`: the tenant's description of its own nodes. Source: reference, xtremMetadata. */
export function loadMeta(store: Store, model: Model): void {
  for (const node of ['MetaPackage', 'MetaNodeFactory', 'MetaNodeProperty']) store.clear(node);
  const packages = new Map<string, number>();
  const factories = new Map<string, number>();
  for (const node of model.nodes.values()) {
    if (!packages.has(node.package)) {
      packages.set(node.package, store.insert('MetaPackage', { name: node.package, title: spaced(node.package) })._id);
    }
    const factory = store.insert('MetaNodeFactory', {
      name: node.name,
      title: spaced(node.name),
      package: packages.get(node.package),
      isActive: true,
      isPublished: true,
      isAbstract: false,
      storage: 'sql',
      isSharedByAllTenants: false,
      isSetupNode: node.properties.has('_vendor'),
      isPlatformNode: node.package === 'xtremSystem',
      isVitalReferenceChild: false,
      isVitalCollectionChild: node.properties.has('_sortValue'),
      isCustomizable: true,
      naturalKey: JSON.stringify(node.key.map((column) => node.columns.get(column)?.name ?? column)),
      customFields: '[]',
    });
    factories.set(node.name, factory._id);
  }
  for (const node of model.nodes.values()) {
    for (const property of node.properties.values()) {
      store.insert('MetaNodeProperty', {
        factory: factories.get(node.name),
        package: packages.get(node.package),
        targetFactory: property.target === undefined ? null : (factories.get(property.target) ?? null),
        ...describe(property),
      });
    }
  }
}

const TYPES: Readonly<Record<PropertyKind, string>> = {
  id: 'integer',
  string: 'string',
  boolean: 'boolean',
  int: 'integer',
  decimal: 'decimal',
  date: 'date',
  datetime: 'datetime',
  json: 'json',
  enum: 'enum',
  stream: 'textStream',
  reference: 'reference',
  collection: 'collection',
};

const describe = ({ name, kind, computed, required, vital, writable, typeName }: PropertyModel) => ({
  name,
  title: spaced(name),
  type: typeName === '_OutputBinaryStream' ? 'binaryStream' : TYPES[kind],
  isActive: true,
  isPublished: true,
  isStored: !computed && kind !== 'collection',
  isTransientInput: false,
  isStoredOutput: false,
  isRequired: required,
  isNullable: !required && name !== '_id',
  isVital: vital,
  isVitalParent: false,
  isInherited: name.startsWith('_'),
  canSort: kind !== 'collection' && kind !== 'stream',
  canFilter: kind !== 'stream',
  isOnInputType: writable,
  isOnOutputType: true,
  isMutable: writable,
});

const spaced = (name: string): string => {
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};
