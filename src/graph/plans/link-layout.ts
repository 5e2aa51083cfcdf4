import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import { Bailout } from '../../kit/bailout.ts';
import { collectFields, isTypename } from '../operation/classify-operation.ts';
import { isIncluded } from '../operation/plan-operation.ts';
import type { DocumentLinks, LinkField, MadeQuery } from '../stitch/index.ts';
import type { LinkStep } from './link-step.ts';
import type { RootContext } from './plan-root.ts';

/** The members of an object in order: those that are not parsed are passed on unchanged. */
export type Members = readonly Member[];

export interface Member {
  readonly name: string;
  /** The text before its value: `"name":`. */
  readonly head: string;
  /**
   * `inside`: contains something required. `key`: a link follows it, and the link's result replaces its value. `value`: read
   * but not passed on. `record`: an object that a link leads to.
   */
  readonly kind: 'text' | 'inside' | 'key' | 'value' | 'record';
  /** Lists around its value. */
  readonly lists: number;
  readonly members: Members;
  /** For keys: the index of the record's link. */
  readonly step: number;
  /** Whether the schema says that its value is neither an object nor a list. */
  readonly isPlain: boolean;
  /** The only value that it may have, as JSON: the name of a type. */
  readonly only?: string | undefined;
  /** The plain members passed on unchanged, beginning with this one. */
  readonly run?: Run;
}

export interface Run {
  /** From the first name to the last value. */
  readonly pattern: RegExp;
  readonly length: number;
}

/** Records at one place of an operation, and their links. */
export interface RecordLayout {
  readonly members: Members;
  readonly steps: readonly LinkStep[];
}

/** The layout of an operation. */
export interface LaidOut extends RootContext {
  readonly links: DocumentLinks;
  /** @param path of the link field in the answer */
  readonly stepFor: (link: LinkField, nodes: readonly [FieldNode, ...FieldNode[]], path: readonly string[]) => LinkStep;
}

type Selected = ReadonlyMap<string, readonly FieldNode[]>;

/**
 * Finds the links below these fields.
 * @param path of the object in the answer
 * @throws Bailout if only the answer shows the type of an object
 */
export function layOut(
  fields: Selected,
  type: GraphQLObjectType,
  path: readonly string[],
  laid: LaidOut,
): RecordLayout {
  const steps: LinkStep[] = [];
  return { members: membersOf(fields, type, path, laid, steps), steps };
}

/**
 * For valid JSON. The alternatives at each position begin with different characters; a text with more escapes is
 * skipped separately, since each escape takes memory in the pattern.
 */
const PLAIN_VALUE = String.raw`(?:"[^"\\]*(?:\\[^][^"\\]*){0,1000}"|[^"{[,\]}]+)`;

/** Finds the members that can be skipped at once. */
export function withRuns(members: Members): Members {
  const isPassed = (member: Member | undefined) => member?.kind === 'text' && member.isPlain;
  return members.map((member, index) => {
    if (!isPassed(member) || isPassed(members[index - 1])) return member;
    const end = members.findIndex((other, at) => at > index && !isPassed(other));
    const run = members.slice(index, end < 0 ? members.length : end);
    const pattern = new RegExp(run.map(({ head, only = PLAIN_VALUE }) => head + only).join(','), 'y');
    return { ...member, run: { pattern, length: run.length } };
  });
}

/** The fields of an object of that type, by response key. */
export function fieldsOf(
  sets: readonly SelectionSetNode[],
  type: GraphQLObjectType,
  { shape, links, conditions }: Omit<LaidOut, 'stepFor'>,
): Selected {
  return collectFields(sets, shape.fragments, (selection) => {
    if (!isIncluded(selection, shape, conditions)) return false;
    const fragment = selection.kind === 'Field' ? undefined : links.fragmentOf(selection);
    return !fragment || links.isMet(fragment, type);
  });
}

function membersOf(
  fields: Selected,
  type: GraphQLObjectType,
  path: readonly string[],
  laid: LaidOut,
  steps: LinkStep[],
): Members {
  const { links } = laid;
  const members = [...fields].flatMap(([key, nodes]): readonly Member[] => {
    const [first, ...others] = nodes;
    if (!first) return [];
    const name = first.name.value;
    const link = links.linkAt(type, name);
    const place = [...path, key];
    if (link) {
      const step = steps.push(laid.stepFor(link, [first, ...others], place)) - 1;
      return [member('key', links.keyAlias(link, key), { step })];
    }
    if (isTypename(name)) return [member('text', key, { isPlain: true, only: JSON.stringify(type.name) })];
    const output = type.getFields()[name]?.type;
    const below = output && getNamedType(output);
    const lists = listsAround(output);
    if (!isCompositeType(below)) return [member('text', key, { isPlain: lists === 0 })];
    const sets = setsOf(nodes);
    if (!sets.some((set) => links.reaches(set, below))) return [member('text', key)];
    if (!isObjectType(below)) throw new Bailout(`${type.name}.${name} may be of several types, with links below it`);
    const inner = membersOf(fieldsOf(sets, below, laid), below, place, laid, steps);
    return [member('inside', key, { members: inner, lists })];
  });
  return withRuns(members);
}

export const setsOf = (nodes: readonly FieldNode[]): SelectionSetNode[] =>
  nodes.flatMap(({ selectionSet }) => selectionSet ?? []);

const listsAround = (type: GraphQLOutputType | undefined): number => {
  const nullable = type && getNullableType(type);
  return isListType(nullable) ? 1 + listsAround(nullable.ofType) : 0;
};

export const member = (
  kind: Member['kind'],
  name: string,
  more: Partial<Pick<Member, 'isPlain' | 'lists' | 'members' | 'only' | 'step'>> = {},
): Member => ({
  kind,
  name,
  head: `${JSON.stringify(name)}:`,
  lists: 0,
  members: [],
  step: 0,
  isPlain: false,
  ...more,
});

/**
 * The path to the records in the answer to a query of links.
 * @param rootType type of its first field
 * @param selected how many selections at the end of each record are the caller's
 */
export function layOutQuery(
  { root, records }: MadeQuery,
  rootType: GraphQLObjectType,
  { members }: RecordLayout,
  selected: number,
): Members {
  const walk = (node: FieldNode, type: GraphQLObjectType): Member => {
    const key = (node.alias ?? node.name).value;
    const output = type.getFields()[node.name.value]?.type;
    const below = output && getNamedType(output);
    const selections = (node.selectionSet?.selections ?? []) as readonly FieldNode[]; // link queries use no fragments
    const lists = listsAround(output);
    if (records.includes(node)) {
      const own = selections.slice(0, selections.length - selected);
      const read = own.map(({ alias, name }) => member('value', (alias ?? name).value));
      return member('record', key, { lists, members: [...read, ...members] });
    }
    if (selections.length === 0 || !isObjectType(below)) return member('value', key);
    return member('inside', key, { lists, members: selections.map((each) => walk(each, below)) });
  };
  return [walk(root, rootType)];
}
