import type { Sources } from '../compose.ts';
import type { LinkConfig } from '../config/index.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { memberAt } from '../kit/json.ts';
import { toPrintableJson, toPrintableLines } from '../kit/text/index.ts';
import { type Asking, askGraph, chooseConnection, chooseTenants, operator } from './ask-graph.ts';
import { type Command, CommandFailure, parseOptions } from './command.ts';
import { openConfig, withSources } from './open-config.ts';
import { printTable } from './print-table.ts';
import { tenantPage } from './tenant-page.ts';

/** Rows in one request to Sage 200. */
const SAGE200_PAGE = 1_000;
const EXAMPLES = 5;

/**
 * Reads both sides of every link and prints which keys match. Exit code 1 if a link is missing, or if several records
 * share a key that must be unique.
 */
export const linksCheck: Command = async ({ args, stdout, ...context }) => {
  const { values } = parseOptions(args, {
    config: { type: 'string' },
    tenant: { type: 'string' },
    connection: { type: 'string' },
    site: { type: 'string' },
    company: { type: 'string' },
    json: { type: 'boolean' },
  });
  const config = openConfig(values.config, context);
  if (config.links.length === 0) throw new CommandFailure('The configuration has no links. Add some under links.');
  const tenants = chooseTenants(config, values.tenant);
  const results = await withSources(config, async (sources) => {
    const principal = await operator(sources, await chooseConnection(sources, values.connection));
    const { site, company } = values;
    const checked: LinkResult[] = [];
    for (const tenant of tenants) {
      for (const link of config.links) checked.push(await check(sources, link, { principal, tenant, site, company }));
    }
    return checked;
  });
  stdout.write(values.json ? `${toPrintableJson(JSON.stringify(results, null, 2))}\n` : printResults(results));
  return results.every(isSound) ? 0 : 1;
};

/** The number of keys on one side, and a few examples. */
interface Keys {
  readonly count: number;
  readonly examples: readonly string[];
}

interface LinkResult {
  readonly link: string;
  readonly tenant: string;
  /** Why it could not be checked. */
  readonly problem?: string;
  readonly matched?: Keys;
  readonly onlySage200?: Keys;
  readonly onlyErp?: Keys;
  /** Keys that several records of one side share. */
  readonly duplicatesSage200?: Keys;
  readonly duplicatesErp?: Keys;
  /** The ERP may have several records with one key. */
  readonly many: boolean;
}

const isSound = ({ problem, duplicatesSage200, duplicatesErp, many }: LinkResult): boolean =>
  problem === undefined && (duplicatesSage200?.count ?? 0) === 0 && (many || (duplicatesErp?.count ?? 0) === 0);

async function check(sources: Sources, link: LinkConfig, asking: Asking & { tenant: string }): Promise<LinkResult> {
  const named = { link: link.name, tenant: asking.tenant, many: link.many };
  try {
    const { links, collisions, problems } = await sources.graph.reportOf(asking.tenant);
    const [type = ''] = link.from.split('.');
    const field = `${type}.${link.name}`;
    if (!links.includes(field)) {
      const problem = problems.find((each) => each.startsWith(`${link.name}: `));
      const taken = collisions.includes(field) ? `${field} already exists. Give the link another name` : undefined;
      return { ...named, problem: taken ?? problem ?? `${field} is not in the schema` };
    }
    const [sage200, erp] = await Promise.all([readSage200(sources, link, asking), readErp(sources, link, asking)]);
    return { ...named, ...compare(sage200, erp) };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { ...named, problem: `${error.code}: ${error.message}` };
  }
}

/** Names of records by key. */
type Records = ReadonlyMap<string, readonly string[]>;

function compare(sage200: Records, erp: Records) {
  const keys = (all: Iterable<string>): Keys => {
    const list = [...all];
    return { count: list.length, examples: list.slice(0, EXAMPLES) };
  };
  const shared = (records: Records): Keys => {
    const found = [...records].filter(([, names]) => names.length > 1);
    const examples = found.slice(0, EXAMPLES).map(([key, names]) => `${key} (${names.slice(0, 3).join(', ')})`);
    return { count: found.length, examples };
  };
  return {
    matched: keys([...sage200.keys()].filter((key) => erp.has(key))),
    onlySage200: keys([...sage200.keys()].filter((key) => !erp.has(key))),
    onlyErp: keys([...erp.keys()].filter((key) => !sage200.has(key))),
    duplicatesSage200: shared(sage200),
    duplicatesErp: shared(erp),
  };
}

async function readSage200(sources: Sources, { from, match }: LinkConfig, asking: Asking): Promise<Records> {
  const [type = '', field = ''] = from.split('.');
  const { resource, fields } = sources.sage200.model.rowTypes.get(type) ?? {};
  if (!resource) throw new GatewayError('BAD_USER_INPUT', `Sage 200 has no list of ${type}.`);
  const name = fields?.has('sageId') ? 'name: sageId' : '';
  const source = `query ($after: String) { sage200 { page: ${resource.listField}(first: ${SAGE200_PAGE}, after: $after) { nodes { ${name} key: ${field} } pageInfo { hasNextPage endCursor } } } }`;
  return readPages(match, async (after) => {
    const data = await askGraph(sources, source, { ...asking, variables: { after } });
    const page = memberAt(data, ['sage200', 'page']);
    const hasMore = memberAt(page, ['pageInfo', 'hasNextPage']) === true;
    const cursor = memberAt(page, ['pageInfo', 'endCursor']);
    return { records: list(memberAt(page, ['nodes'])), hasMore, cursor, key: ['key'] };
  });
}

async function readErp(sources: Sources, { to, key, match }: LinkConfig, asking: Asking): Promise<Records> {
  const [packageName = '', node = ''] = to.split('.');
  const path = key.split('.');
  const { source, isPaged } = tenantPage(await sources.graph.schemaFor(asking.tenant), to, path);
  return readPages(match, async (after) => {
    const data = await askGraph(sources, source, { ...asking, ...(isPaged && { variables: { after } }) });
    const page = memberAt(data, [packageName, node, 'query']);
    const edges = list(memberAt(page, ['edges']));
    const cursor = memberAt(page, ['pageInfo', 'endCursor']) ?? memberAt(edges.at(-1), ['cursor']);
    // If the tenant does not say whether there are more, a page without records is the last.
    const hasMore = memberAt(page, ['pageInfo', 'hasNextPage']) ?? edges.length > 0;
    if (hasMore === true && !(isPaged && typeof cursor === 'string')) {
      const message = `${to} cannot be read in pages: the tenant returned ${edges.length} records, but no cursor for the next page.`;
      throw new GatewayError('UPSTREAM_REJECTED', message);
    }
    return { records: edges.map((edge) => memberAt(edge, ['node'])), hasMore: hasMore === true, cursor, key: path };
  });
}

interface PageRead {
  readonly records: readonly unknown[];
  readonly hasMore: boolean;
  readonly cursor: unknown;
  readonly key: readonly string[];
}

async function readPages(
  match: LinkConfig['match'],
  read: (after: string | null) => Promise<PageRead>,
): Promise<Records> {
  const found = new Map<string, string[]>();
  for (let after: string | null = null; ; ) {
    const { records, hasMore, cursor, key } = await read(after);
    for (const record of records) {
      const text = String(memberAt(record, key) ?? '').trim();
      if (text === '') continue;
      const id = match === 'exact' ? text : text.toLowerCase();
      const name = String(memberAt(record, ['name']) ?? '?');
      const same = found.get(id);
      if (same) same.push(name);
      else found.set(id, [name]);
    }
    if (!hasMore || typeof cursor !== 'string' || cursor === after) return found;
    after = cursor;
  }
}

const HEADINGS = ['link', 'tenant', 'matched', 'only Sage 200', 'only ERP', 'shared in Sage 200', 'shared in the ERP'];

function printResults(results: readonly LinkResult[]): string {
  const rows = results.map(({ link, tenant, ...found }) => {
    const parts = [found.matched, found.onlySage200, found.onlyErp, found.duplicatesSage200, found.duplicatesErp];
    return [link, tenant, ...parts.map((keys) => keys?.count ?? '-')];
  });
  const notes = results.flatMap(({ link, tenant, problem, many, ...found }) => {
    const examples = (title: string, keys: Keys | undefined) =>
      keys && keys.count > 0
        ? [`  ${title}: ${keys.examples.join(', ')}${keys.count > keys.examples.length ? ', …' : ''}`]
        : [];
    const lines = [
      ...(problem === undefined ? [] : [`  ${problem}`]),
      ...examples('only in Sage 200', found.onlySage200),
      ...examples('only in the ERP', found.onlyErp),
      ...examples('shared in Sage 200', found.duplicatesSage200),
      ...(many ? [] : examples('shared in the ERP', found.duplicatesErp)),
    ];
    return lines.length > 0 ? [`\n${link} (${tenant})`, ...lines] : [];
  });
  const text = notes.map(toPrintableLines).join('\n');
  return `${printTable(HEADINGS, rows)}${text === '' ? '' : `${text}\n`}`;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
