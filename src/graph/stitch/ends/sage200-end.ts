import { type GraphQLSchema, isLeafType } from 'graphql';
import { executeDocument } from '../../execution/execute-document.ts';
import { type LinkKey, sage200Values } from '../keys.ts';
import type { KeyMatch, LinkEnd, LinkedRow, LinkedRows, LinkQuestion, LinkScope, Sage200Target } from '../link.ts';
import { argument, asArray, field, integer, object, readAt, sortErrors, variable } from './nodes.ts';

/** Rows in one page of Sage 200 at most. */
const MAX_ROWS = 5_000;

/** Rows of a resource, found by the filter of its list: the engine cuts long filters into as many requests as they need. */
export function createSage200End(target: Sage200Target, schema: GraphQLSchema): LinkEnd {
  const type = schema.getType(target.keyType);
  if (!isLeafType(type)) throw new Error(`A link looks for a ${target.keyType}, which is not a plain value.`);
  const valuesOf = (key: LinkKey, match: KeyMatch) => sage200Values(key, { match, kind: target.keyKind, type });
  return {
    keysAtOnce: Number.POSITIVE_INFINITY,
    canAsk: (key, match) => valuesOf(key, match).length > 0,
    async load(question): Promise<LinkedRows> {
      const { keys, prefix, selections, context, toDocument } = question;
      const scope = scopeOf(question);
      const names = { keys: `${prefix}keys`, site: `${prefix}site`, company: `${prefix}company` };
      const [id, found] = [`${prefix}row`, `${prefix}found`];
      const below = [
        field(target.keyField, { alias: found }),
        ...(target.hasSageId ? [field('sageId', { alias: id })] : []),
        ...selections,
      ];
      const among = argument('filter', object(target.keyField, object('in', variable(names.keys))));
      const list = field(target.listField, {
        given: [argument('first', integer(MAX_ROWS)), among],
        below: [field('nodes', { below })],
      });
      const company = [argument('site', variable(names.site)), argument('company', variable(names.company))];
      const extract = toDocument(field('sage200', { given: company, below: [list] }), {
        given: {
          [names.keys]: keys.flatMap((key) => valuesOf(key, question.match)),
          [names.site]: scope['site'],
          [names.company]: scope['company'],
        },
        types: { [names.keys]: `[${target.keyType}!]`, [names.site]: 'ID', [names.company]: 'ID' },
      });
      const { data, errors = [] } = await executeDocument({ ...extract, schema, context });
      const at = ['sage200', target.listField, 'nodes'];
      const sorted = sortErrors(errors, at, ([index, ...rest]) => ({ index: Number(index), rest }));
      const rows = asArray(readAt(data, at)).map(
        (value, index): LinkedRow => ({
          key: readAt(value, [found]),
          value,
          name: `id ${String(readAt(value, [id]) ?? 'unknown')}`,
          errors: sorted.below.get(index) ?? [],
        }),
      );
      return { rows, errors: sorted.others, scope, place: `${target.listField} of Sage 200`, source: 'sage200' };
    },
  };
}

/** Site and company that the link field says, else those of the record it stands on. */
function scopeOf({ argument: given, scope }: LinkQuestion): LinkScope {
  const [site, company] = [toText(given('site')), toText(given('company'))];
  return site === undefined && company === undefined ? (scope ?? {}) : { site, company };
}

/** An id may be written as a number. */
export const toText = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
