import {
  GraphQLError,
  GraphQLID,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isObjectType,
} from 'graphql';
import {
  canAsk,
  type FoundEnd,
  type KeyKind,
  type KeyMatch,
  type LinkEnds,
  type LinkedRow,
  type LinkedRows,
  type LinkKey,
  type LinkQuery,
  type LinkQuestion,
  type LinkScope,
  type LinkTarget,
  spellingsOf,
  type WantedEnd,
} from '../../graph/subschema.ts';
import { argument, asArray, field, integer, object, sortErrors, variable } from '../../kit/graphql-nodes.ts';
import { memberAt } from '../../kit/json.ts';
import { decodeGlobalId } from './values/global-id.ts';
import { isSageId } from './values/sage-id.ts';

/** Maximum number of rows in one page of Sage 200. */
const MAX_ROWS = 5_000;

/** The Sage 200 side of links: rows of a resource, found by the filter of its list. */
export const LINK_ENDS: LinkEnds = { find: findEnd };

/** Rows of a resource by a field. */
interface RowsByKey {
  readonly typeName: string;
  /** `customers`, a field of `Sage200`. */
  readonly listField: string;
  readonly keyField: string;
  /** GraphQL type of one key in the list's filter. */
  readonly keyType: GraphQLLeafType;
  readonly keyKind: KeyKind;
  readonly hasSageId: boolean;
}

function findEnd({ at: from }: WantedEnd, own: GraphQLSchema): FoundEnd | string {
  const [typeName = '', keyField = ''] = from.split('.');
  const type = own.getType(typeName);
  if (!isObjectType(type)) return `Sage 200 has no type ${typeName}`;
  const field = type.getFields()[keyField];
  if (!field) return `${typeName} has no field ${keyField}`;
  if (!isLeafType(getNamedType(field.type))) return `${from} is not a plain value`;
  const rows = findList(type, keyField, own);
  return { typeName, keyPath: [keyField], target: typeof rows === 'string' ? rows : toTarget(rows) };
}

function findList(type: GraphQLObjectType, keyField: string, own: GraphQLSchema): RowsByKey | string {
  const company = own.getType('Sage200');
  const fields = isObjectType(company) ? Object.values(company.getFields()) : [];
  const list = fields.find((field) => getNamedType(field.type).name === `${type.name}Connection`);
  if (!list) return `Sage 200 has no list of ${type.name}`;
  const filter = getNamedType(list.args.find(({ name }) => name === 'filter')?.type);
  const conditions = isInputObjectType(filter) ? getNamedType(filter.getFields()[keyField]?.type) : undefined;
  const among = isInputObjectType(conditions) ? conditions.getFields()['in'] : undefined;
  if (!among) return `Sage 200 cannot filter ${type.name} by ${keyField}`;
  const keyType = getNamedType(among.type);
  if (!isLeafType(keyType)) return `${type.name}.${keyField} is not a plain value`;
  return {
    typeName: type.name,
    listField: list.name,
    keyField,
    keyType,
    keyKind: keyType.name === 'Int' ? 'number' : 'text',
    hasSageId: 'sageId' in type.getFields(),
  };
}

/** The engine splits long filters into as many requests as they need. */
function toTarget(target: RowsByKey): LinkTarget {
  const { typeName, keyField, keyKind, keyType } = target;
  const valuesOf = (key: LinkKey, match: KeyMatch) => sage200Values(key, { match, kind: keyKind, type: keyType });
  return {
    side: 'own',
    typeName,
    args: {
      site: { type: GraphQLID, description: 'Site to look in; left out, chosen as for `sage200`.' },
      company: { type: GraphQLID, description: 'Company to look in.' },
    },
    describe: (from) => `The ${typeName} of Sage 200 whose \`${keyField}\` is this record's \`${from.join('.')}\`.`,
    reads: `GET ${target.listField} by ${keyField}, 1 request for as many keys as fit a filter`,
    isScoped: true,
    batchFor: () => ({ keys: MAX_ROWS, isLearning: false }),
    canAsk: (key, match) => valuesOf(key, match).length > 0,
    query: (place) => queryOf(target, place),
    async load(question): Promise<LinkedRows> {
      const { keys, prefix } = question;
      const scope = scopeOf(question);
      const names = namesOf(prefix);
      const [id, found] = [`${prefix}row`, `${prefix}found`];
      const { data, errors } = await question.ask(queryOf(target, question), {
        [names.keys]: keys.flatMap((key) => valuesOf(key, question.match)),
        [names.site]: scope['site'],
        [names.company]: scope['company'],
      });
      const at = ['sage200', target.listField, 'nodes'];
      const sorted = sortErrors(errors, at, ([index, ...rest]) => ({ index: Number(index), rest }));
      const rows = asArray(memberAt(data, at)).map(
        (value, index): LinkedRow => ({
          key: memberAt(value, [found]),
          value,
          name: `id ${String(memberAt(value, [id]) ?? 'unknown')}`,
          errors: sorted.below.get(index) ?? [],
        }),
      );
      const isCut = memberAt(data, ['sage200', target.listField, 'pageInfo', 'hasNextPage']) === true;
      const unread = isCut ? [moreThan(MAX_ROWS, target.listField)] : [];
      return {
        rows,
        errors: [...sorted.others, ...unread],
        scope,
        place: `${target.listField} of Sage 200`,
        source: 'sage200',
      };
    },
  };
}

const namesOf = (prefix: string) => ({ keys: `${prefix}keys`, site: `${prefix}site`, company: `${prefix}company` });

const queryOf = (
  { listField, keyField, keyType, hasSageId }: RowsByKey,
  { prefix, selections }: Pick<LinkQuestion, 'prefix' | 'selections'>,
): LinkQuery => ({
  name: 'rows',
  make() {
    const names = namesOf(prefix);
    const nodes = field('nodes', {
      below: [
        field(keyField, { alias: `${prefix}found` }),
        ...(hasSageId ? [field('sageId', { alias: `${prefix}row` })] : []),
        ...selections,
      ],
    });
    const among = argument('filter', object(keyField, object('in', variable(names.keys))));
    const list = field(listField, {
      given: [argument('first', integer(MAX_ROWS)), among],
      below: [nodes, field('pageInfo', { below: [field('hasNextPage')] })],
    });
    const company = [argument('site', variable(names.site)), argument('company', variable(names.company))];
    return {
      root: field('sage200', { given: company, below: [list] }),
      types: { [names.keys]: `[${keyType.name}!]`, [names.site]: 'ID', [names.company]: 'ID' },
      records: [nodes],
    };
  },
});

/** Keys that many rows share can fill the page: for keys that are not in it, the result is unknown. */
const moreThan = (rows: number, list: string): GraphQLError =>
  new GraphQLError(
    `More than ${rows} ${list} of Sage 200 have the keys of this link, so some were not read. Request fewer records at a time.`,
    { extensions: { code: 'UPSTREAM_REJECTED', source: 'sage200' } },
  );

/** Site and company from the link field's arguments, otherwise those of the record that has the field. */
function scopeOf({ argument: given, scope }: LinkQuestion): LinkScope {
  const [site, company] = [toText(given('site')), toText(given('company'))];
  return site === undefined && company === undefined ? (scope ?? {}) : { site, company };
}

/** An id may be written as a number. */
export const toText = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

/** From `sage200`'s arguments. */
export const companyOfArguments = (given: (name: string) => unknown): LinkScope => ({
  site: toText(given('site')),
  company: toText(given('company')),
});

/** From a row's global id. */
export const companyOfId = (id: unknown): LinkScope | undefined => {
  const found = typeof id === 'string' ? decodeGlobalId(id) : undefined;
  return found && { site: found.site, company: found.company };
};

/**
 * The values to filter a list of Sage 200 by. Empty for a key that cannot be a value of that type: one invalid key must
 * not fail the request for all others.
 */
function sage200Values(
  key: LinkKey,
  { match, kind, type }: { readonly match: KeyMatch; readonly kind: KeyKind; readonly type: GraphQLLeafType },
): (string | number)[] {
  if (!canAsk(key, kind)) return [];
  const values = kind === 'number' ? [Number(key.text)] : spellingsOf(key, match);
  return values.filter((value) => isValueOf(type, value));
}

function isValueOf(type: GraphQLLeafType, value: string | number): boolean {
  // The type accepts any text, but the read accepts only Sage's own ids.
  if (type.name === GraphQLID.name) return isSageId(String(value));
  try {
    type.parseValue(value);
    return true;
  } catch {
    return false;
  }
}
