import {
  type DefinitionNode,
  type DocumentNode,
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  type NamedTypeNode,
  parse,
  print,
  specifiedScalarTypes,
  type TypeDefinitionNode,
  visit,
} from 'graphql';
import { light } from './light-document.ts';

/**
 * A type's definition: what is needed of every type, and the rest as SDL. `head` has its interfaces and directives,
 * `body` everything from the brace on.
 */
export type StoredType = readonly [
  kind: TypeDefinitionNode['kind'],
  name: string,
  description: string,
  head: string,
  body: string,
];

const KEYWORDS: Readonly<Record<TypeDefinitionNode['kind'], string>> = {
  [Kind.SCALAR_TYPE_DEFINITION]: 'scalar',
  [Kind.OBJECT_TYPE_DEFINITION]: 'type',
  [Kind.INTERFACE_TYPE_DEFINITION]: 'interface',
  [Kind.UNION_TYPE_DEFINITION]: 'union',
  [Kind.ENUM_TYPE_DEFINITION]: 'enum',
  [Kind.INPUT_OBJECT_TYPE_DEFINITION]: 'input',
};

const STORED = Symbol('stored');

/** Whether the definition is parsed when it is used. Built-in scalars that it uses are defined beside it. */
export const isStored = (node: DefinitionNode): boolean => STORED in node;

/** The built-in scalars that are used. A schema shows no others. */
export function builtInsIn(definitions: readonly DefinitionNode[]): Set<string> {
  const found = new Set<string>();
  for (const definition of definitions)
    visit(definition, { NamedType: ({ name }) => void (BUILT_IN.has(name.value) && found.add(name.value)) });
  return found;
}

const BUILT_IN: ReadonlySet<string> = new Set(specifiedScalarTypes.map(({ name }) => name));

/** The types of a document, each with its extensions, and the built-in scalars that they use. */
export function storeTypes({ definitions }: DocumentNode): StoredType[] {
  const scalars = [...builtInsIn(definitions)].map(
    (name): StoredType => [Kind.SCALAR_TYPE_DEFINITION, name, '', '', ''],
  );
  const extensions = Map.groupBy(definitions.filter(isTypeExtensionNode), ({ name }) => name.value);
  const types = definitions.filter(isTypeDefinitionNode).map((definition): StoredType => {
    const name = definition.name.value;
    const { description, ...whole } = definition;
    for (const extension of extensions.get(name) ?? [])
      if ('fields' in whole && 'fields' in extension)
        Object.assign(whole, { fields: [...(whole.fields ?? []), ...(extension.fields ?? [])] });
    const text = print(whole).slice(`${KEYWORDS[definition.kind]} ${name}`.length);
    const [, head = '', body = ''] = /^([^{=]*)(.*)$/s.exec(text) ?? [];
    return [definition.kind, name, description?.value ?? '', head.trim(), body];
  });
  return [...scalars, ...types];
}

/** The same types as a document. Each is parsed when it is used. */
export const toDocument = (types: readonly StoredType[]): DocumentNode => ({
  kind: Kind.DOCUMENT,
  definitions: types.map(toDefinition),
});

const NONE: readonly NamedTypeNode[] = [];

function toDefinition([kind, name, description, head, body]: StoredType): DefinitionNode {
  const parsed = (text: string) =>
    light(() => parse(`${KEYWORDS[kind]} ${name} ${text}`, { noLocation: true }).definitions[0] as object);
  const top = parsed(head);
  const all = parsed(`${head} ${body}`);
  const membersOf = (node: object, key: string) => (key in node ? node[key as keyof typeof node] : NONE);
  return {
    [STORED]: true,
    kind,
    name: { kind: Kind.NAME, value: name },
    description: description === '' ? undefined : { kind: Kind.STRING, value: description },
    get interfaces() {
      return head === '' ? NONE : membersOf(top(), 'interfaces');
    },
    get directives() {
      return head === '' ? NONE : membersOf(top(), 'directives');
    },
    get fields() {
      return membersOf(all(), 'fields');
    },
    get values() {
      return membersOf(all(), 'values');
    },
    get types() {
      return membersOf(all(), 'types');
    },
  } as unknown as DefinitionNode;
}
