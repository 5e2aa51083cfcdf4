import { BoundedCache } from '../../kit/cache.ts';
import { isObject } from '../../kit/json.ts';
import { andThen, type MaybePromise } from '../../kit/maybe-promise.ts';
import type { ScalarField } from './model/model.ts';
import type { CompanyScope } from './scope.ts';
import { codecOf } from './values/codecs.ts';
import { isMemberNumber } from './values/members.ts';

type MemberByNumber = ReadonlyMap<string, string>;

/** Lists change only with releases of Sage 200. */
const LIFETIME_MS = 3_600_000;
const MAX_LISTS = 2_000;
/** Maximum members of one list; Sage's longest has some dozens. */
const MAX_MEMBERS = 1_000;
const MAX_MEMBER_CHARS = 200;

/** Sage's own lists of members, each read once for a sign-in, when an answer has a number instead of a name. */
export class MemberLists {
  readonly #known: BoundedCache<string, MemberByNumber>;

  constructor(now: () => number) {
    this.#known = new BoundedCache({ name: 'lists of members', maxEntries: MAX_LISTS, lifeMs: LIFETIME_MS, now });
  }

  /** Member by number; empty if Sage does not provide the list: then numbers are unchanged. */
  read(scope: CompanyScope, path: string): MaybePromise<MemberByNumber> {
    const key = `${scope.operation.identity.key}\n${path}`;
    const known = this.#known.get(key);
    if (known) return known;
    const loader = scope.loader<MemberByNumber>('lists of members', (paths) =>
      Promise.all(paths.map((each) => askMembers(scope, each).catch((): MemberByNumber => new Map()))),
    );
    return loader.load(path).then((members) => {
      if (members.size > 0) this.#known.set(key, members);
      return members;
    });
  }
}

async function askMembers({ operation, reading }: CompanyScope, path: string): Promise<MemberByNumber> {
  const rows = await operation.engine.client.list(reading, path, {});
  const members = rows.slice(0, MAX_MEMBERS).flatMap((row) => {
    const { id, value } = isObject(row) ? row : {};
    const isMember = typeof value === 'string' && value !== '' && value.length <= MAX_MEMBER_CHARS;
    return isMember ? [[String(id), value] as const] : [];
  });
  return new Map(members);
}

/** The texts for these values in a column of members: a number, as in some views, becomes its name from Sage's list. */
export function memberTexts(
  scope: CompanyScope,
  field: ScalarField,
  values: readonly unknown[],
): MaybePromise<readonly (string | null)[]> {
  const { read } = codecOf(field);
  const texts = values.map((value) => read(value) as string | null);
  const { memberList } = field;
  if (memberList === undefined || !texts.some((text) => text !== null && isMemberNumber(text))) return texts;
  return andThen(scope.operation.engine.memberLists.read(scope, memberList), (members) =>
    texts.map((text) => (text === null ? null : (members.get(text) ?? text))),
  );
}
