import type { LinkedRow, LinkedRows } from '../../../graph/subschema.ts';
import { argument, field, fieldsAlong, integer, sortErrors, variable } from '../../../kit/graphql-nodes.ts';
import { memberAt } from '../../../kit/json.ts';
import { type Asking, notKnown, toRows } from './ask-nodes.ts';
import { toErpFilter } from './erp-filter.ts';
import { DEFAULT_PAGE } from './page-sizes.ts';

/** Any number of records for each key: one document with a query for each key, so that `first` applies to each. */
export async function loadPages(asking: Asking): Promise<LinkedRows> {
  const { target, question } = asking;
  const { keys, match, prefix, selections: below, written } = question;
  const isPaged = written.some(({ name }) => name.value === 'first' || name.value === 'last');
  // Written anyway, since releases may differ in their default.
  const paging = isPaged || !target.paging.first ? written : [...written, argument('first', integer(DEFAULT_PAGE))];
  const aliases = keys.map((_, index) => `${prefix}${index}`);
  const filters = keys.map((key, index): [string, string] => [
    `${prefix}filter${index}`,
    toErpFilter([key], target.keyPath, { match, kind: target.keyKind }),
  ]);
  const make = () => {
    const records = filters.map(([name], index) =>
      field('query', { given: [argument('filter', variable(name)), ...paging], below, alias: aliases[index] }),
    );
    const root = fieldsAlong([target.package, target.node], records);
    return { root, records, types: Object.fromEntries(filters.map(([name]) => [name, target.filterType])) };
  };
  const { data, errors } = await question.ask({ name: `${keys.length} pages`, make }, Object.fromEntries(filters));
  const at = [target.package, target.node];
  const sorted = sortErrors(errors, at, ([alias, ...rest]) => ({ index: aliases.indexOf(String(alias)), rest }));
  const rows = keys.map(({ raw }, index): LinkedRow => {
    const value = memberAt(data, [...at, aliases[index] ?? '']) ?? null;
    const said = [...(sorted.below.get(index) ?? []), ...sorted.others];
    const isSilent = value === null && said.length === 0;
    return { key: raw, value, name: '', errors: isSilent ? [notKnown(asking, 'answered without a page')] : said };
  });
  return toRows(asking, rows, sorted.others);
}
