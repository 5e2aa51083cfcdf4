import { memoize1 } from '@graphql-tools/utils';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import type { OperationKind } from '../subschema.ts';

/** The root fields of an operation, found without a schema. */
export interface OperationShape {
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Names of all root fields, including those in fragments, ignoring `@skip` and `@include`. */
  readonly rootNames: ReadonlySet<string>;
}

/** `own`: the gateway answers it. `hosted`: the tenant answers it. */
export type Side = 'own' | 'hosted';

/** Whose root fields an operation has. */
export type OperationSources = Side | 'mixed';

/** The gateway's root fields in a schema, without names that the tenant uses itself. */
export interface OwnFields {
  readonly query: ReadonlySet<string>;
  readonly mutation: ReadonlySet<string>;
}

const shapesOf = memoize1((_document: DocumentNode) => new Map<OperationDefinitionNode, OperationShape>());

/** @returns undefined if the document does not have the operation, or has several and none is named. */
export function classifyOperation(
  document: DocumentNode,
  operationName: string | undefined,
): OperationShape | undefined {
  const operation = getOperationAST(document, operationName || undefined);
  if (!operation) return undefined;
  const shapes = shapesOf(document);
  const shape = shapes.get(operation) ?? toShape(document, operation);
  shapes.set(operation, shape);
  return shape;
}

export function sourcesOf(shape: OperationShape, own: OwnFields): OperationSources {
  const isOwn = ownTest(shape.operation, own);
  let hosted = false;
  let ours = false;
  for (const name of shape.rootNames) {
    if (isTypename(name)) continue;
    if (isOwn(name)) ours = true;
    else hosted = true;
  }
  // A document without fields is an error that the gateway reports.
  if (!hosted) return 'own';
  return ours ? 'mixed' : 'hosted';
}

/** Whether it only contains introspection. */
export const isIntrospection = ({ rootNames }: Pick<OperationShape, 'rootNames'>): boolean =>
  [...rootNames].every((name) => name.startsWith('__'));

/** A field that both sides have, which does not decide whose the operation is: the side that answers the rest answers it too. */
export const isTypename = (name: string): boolean => name === '__typename';

export const kindOf = ({ operation }: OperationShape): OperationKind =>
  operation.operation === OperationTypeNode.MUTATION ? 'mutation' : 'query';

/** The gateway answers introspection, since callers see one schema. */
export function ownTest({ operation }: OperationDefinitionNode, own: OwnFields): (name: string) => boolean {
  const names = operation === OperationTypeNode.MUTATION ? own.mutation : own.query;
  return (name) => names.has(name) || name.startsWith('__');
}

function toShape({ definitions }: DocumentNode, operation: OperationDefinitionNode): OperationShape {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of definitions) if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  const rootNames = new Set(rootFieldsOf({ operation, fragments }).map(({ name }) => name.value));
  return { operation, fragments, rootNames };
}

type Parts = Pick<OperationShape, 'operation' | 'fragments'>;

/** All root fields, ignoring `@skip` and `@include`. */
export const rootFieldsOf = (shape: Parts): FieldNode[] => [...collectRootFields(shape, () => true).values()].flat();

/**
 * Root fields by response key, in the order of the answer. Type conditions count as met, since at the root only those
 * on the root type itself are valid.
 * @param isWanted evaluates `@skip` and `@include` of a selection.
 */
export const collectRootFields = (
  { operation, fragments }: Parts,
  isWanted: (selection: Selection) => boolean,
): Map<string, FieldNode[]> => collectFields([operation.selectionSet], fragments, isWanted);

/** The same for the fields of several selections of one object. */
export function collectFields(
  sets: readonly SelectionSetNode[],
  fragments: OperationShape['fragments'],
  isWanted: (selection: Selection) => boolean,
): Map<string, FieldNode[]> {
  const found = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  const collect = (set: SelectionSetNode) => {
    for (const selection of set.selections) {
      if (!isWanted(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        const same = found.get(key);
        if (same) same.push(selection);
        else found.set(key, [selection]);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else {
        const fragment = fragments.get(selection.name.value);
        if (!fragment || spread.has(selection.name.value)) continue;
        spread.add(selection.name.value);
        collect(fragment.selectionSet);
      }
    }
  };
  for (const set of sets) collect(set);
  return found;
}

export type Selection = SelectionSetNode['selections'][number];
