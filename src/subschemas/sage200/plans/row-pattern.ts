import { type Members, objectPattern, patternOf, type Shape, VALUE_END } from '../../../kit/json-shape.ts';
import type { WriteToken } from '../values/codec.ts';
import { ID_PATTERN } from '../values/sage-id.ts';
import type { LinkByKey, RowInRow, RowPlan } from './row-plan.ts';

/** The text around each row: empty in `nodes`, the rest of the edge in `edges`. */
export interface RowWrap {
  readonly before: string;
  readonly after: string;
}

export const NO_WRAP: RowWrap = { before: '', after: '' };

/** How to write rows from their JSON text. */
export interface TextPlan {
  readonly steps: readonly Step[];
  /** The text after the last value. */
  readonly after: string;
  /** Types whose global ids are written. */
  readonly idTypes: readonly string[];
  readonly wanted: WantedMembers;
}

/** A value, with the text before it in the answer. */
export type Step = { readonly before: string } & (
  | { readonly kind: 'value'; readonly place: Place; readonly write: WriteToken | undefined }
  /** `type`: index of its type among those whose ids are written. */
  | { readonly kind: 'globalId'; readonly place: Place; readonly type: number }
  | { readonly kind: 'linked'; readonly place: Place; readonly link: LinkByKey }
  | { readonly kind: 'list'; readonly list: ListInRows }
  /** `next`: the next step if there is no object. */
  | { readonly kind: 'object'; readonly place: Place; readonly next: number }
  | { readonly kind: 'text' }
);

/** A member that is read in one way. Has one group in its pattern. */
interface Place {
  readonly pattern: string;
  /** Whether rows may lack it. */
  readonly isOptional: boolean;
}

/** A list inside rows. Its rows are matched one by one, since a pattern for all of them would take V8's stack. */
export interface ListInRows {
  readonly isNullable: boolean;
  /** Of one of its rows. */
  readonly plan: TextPlan;
}

/** The members of a row, or of an object in it, that are read. */
interface WantedMembers {
  /** A member that is used in several ways must match all of them, and is read in each way. */
  readonly places: Map<string, Place[]>;
  readonly objects: Map<
    string,
    { readonly place: Place; readonly isNullable: boolean; readonly wanted: WantedMembers }
  >;
  readonly lists: Map<string, ListInRows>;
  /** Members that are not expected. */
  readonly absent: Set<string>;
}

/**
 * Undefined if a field needs more than the text of the row, its objects and lists, and data that is read by its keys.
 * @param idTypes receives the types whose global ids are written
 */
export function planText(plan: RowPlan, wrap: RowWrap, idTypes: string[] = []): TextPlan | undefined {
  const draft: Draft = { steps: [], idTypes, text: wrap.before };
  const wanted = noMembers();
  if (!draftRow(plan, wanted, draft)) return undefined;
  return { steps: draft.steps, after: draft.text + wrap.after, idTypes: draft.idTypes, wanted };
}

/** A plan under construction. */
interface Draft {
  readonly steps: Step[];
  readonly idTypes: string[];
  /** The text before the next value. */
  text: string;
}

const noMembers = (): WantedMembers => ({
  places: new Map(),
  objects: new Map(),
  lists: new Map(),
  absent: new Set(),
});

function draftRow({ type, fields }: RowPlan, wanted: WantedMembers, draft: Draft): boolean {
  const { steps, idTypes } = draft;
  for (const field of fields) {
    draft.text += field.key;
    const read = field.kind === 'column' ? field.unparsed : field;
    if (read?.kind === 'constant') draft.text += read.text;
    else if (read?.kind === 'globalId') {
      const place = placeOf('id', ID_PATTERN, false, wanted);
      steps.push({ kind: 'globalId', before: takeText(draft), place, type: idTypes.push(type.name) - 1 });
    } else if (read?.kind === 'value' && read.token) {
      const { pattern, isNullable, write } = read.token;
      const place = placeOf(read.restName, pattern, isNullable, wanted);
      steps.push({ kind: 'value', before: takeText(draft), place, write });
    } else if (read?.kind === 'linked') {
      const place = placeOf(read.keyName, read.keyPattern, read.isNullable, wanted);
      if (read.restName !== undefined) wanted.absent.add(read.restName);
      steps.push({ kind: 'linked', before: takeText(draft), place, link: read });
    } else if (read?.kind === 'list') {
      const list = draftList(read, wanted, draft);
      if (!list) return false;
      steps.push({ kind: 'list', before: takeText(draft), list });
    } else if (read?.kind !== 'object' || !draftObject(read, wanted, draft)) return false;
  }
  draft.text += fields.length === 0 ? '{}' : '}';
  return true;
}

/** Undefined if it is read in two ways. */
function draftList({ restName, row, isNullable }: RowInRow, { lists }: WantedMembers, { idTypes }: Draft) {
  const plan = lists.has(restName) ? undefined : planText(row, NO_WRAP, idTypes);
  const list = plan && { isNullable, plan };
  if (list) lists.set(restName, list);
  return list;
}

function draftObject({ restName, row, isNullable }: RowInRow, { objects }: WantedMembers, draft: Draft): boolean {
  const object = objects.get(restName) ?? {
    place: { pattern: '()', isOptional: false },
    isNullable,
    wanted: noMembers(),
  };
  objects.set(restName, object);
  const at = draft.steps.push({ kind: 'text', before: '' }) - 1;
  const before = takeText(draft);
  if (object.isNullable !== isNullable || !draftRow(row, object.wanted, draft)) return false;
  if (object.wanted.lists.size > 0) return false;
  draft.steps.push({ kind: 'text', before: takeText(draft) });
  draft.steps[at] = { kind: 'object', before, place: object.place, next: draft.steps.length };
  return true;
}

function takeText(draft: Draft): string {
  const { text } = draft;
  draft.text = '';
  return text;
}

function placeOf(name: string, pattern: string, isOptional: boolean, { places }: WantedMembers): Place {
  const others = places.get(name) ?? [];
  const same = others.find((other) => other.pattern === pattern && other.isOptional === isOptional);
  const place = same ?? { pattern, isOptional };
  if (!same) places.set(name, [...others, place]);
  return place;
}

/** Rows of one shape. */
export interface RowPattern {
  /** Sources of regular expressions, with `LIST` between them for each list: each byte of a whole row is checked. */
  readonly source: string;
  /** The group of each step, in the matches of all expressions together; a number above the last group if such rows lack the member. */
  readonly groups: readonly number[];
  /** The lists in such rows, in order. */
  readonly lists: readonly ListInRows[];
}

/** The place of a list in the source of a pattern, which never contains it. */
export const LIST = '\0';

/** Undefined for rows that have to be parsed. @param members of a row */
export function rowPattern({ steps, wanted }: TextPlan, members: Members): RowPattern | undefined {
  if (!fits(members, wanted)) return undefined;
  // Each match begins with the text of the whole match.
  const found: (Place | ListInRows | undefined)[] = [undefined];
  const source = printRow(members, wanted, found);
  const groups = steps.map((step) => {
    if (step.kind === 'text' || step.kind === 'list') return 0;
    const group = found.indexOf(step.place);
    return group < 0 ? found.length : group;
  });
  return { source, groups, lists: found.filter((each) => each !== undefined).filter((each) => 'plan' in each) };
}

function fits(members: Members, { places, objects, lists, absent }: WantedMembers): boolean {
  for (const [name, shape] of members) {
    if (absent.has(name)) return false;
    // V8 would store a backtracking position for each of its elements.
    if (!objects.has(name) && hasList(shape)) return false;
  }
  for (const [name, ways] of places)
    if (!members.has(name) && !ways.every(({ isOptional }) => isOptional)) return false;
  for (const name of lists.keys()) if (!members.has(name) || places.has(name) || objects.has(name)) return false;
  for (const [name, { isNullable, wanted }] of objects) {
    const shape = members.get(name);
    if (!shape || shape.elements || places.has(name)) return false;
    if (shape.members ? !fits(shape.members, wanted) : !isNullable) return false;
  }
  return true;
}

const hasList = ({ members, elements }: Shape): boolean =>
  elements !== undefined || (members !== undefined && [...members.values()].some(hasList));

/** @param found receives the places in the order of their groups, and lists where a new match begins */
function printRow(
  members: Members,
  { places, objects, lists }: WantedMembers,
  found: (Place | ListInRows | undefined)[],
): string {
  return objectPattern(members, (shape, name) => {
    const list = lists.get(name);
    if (list) {
      found.push(list);
      return LIST;
    }
    const object = objects.get(name);
    if (object && !shape.members) return 'null';
    if (object && shape.members) {
      found.push(object.place);
      const pattern = object.place.pattern + printRow(shape.members, object.wanted, found);
      return object.isNullable ? `(?:null|${pattern})` : pattern;
    }
    const ways = places.get(name);
    if (!ways) return patternOf(shape);
    found.push(...ways);
    const [last = '', ...others] = ways.map(({ pattern }) => pattern).toReversed();
    return (
      others
        .toReversed()
        .map((pattern) => `(?=${pattern}${VALUE_END})`)
        .join('') + last
    );
  });
}
