import { connectionsNamedIn } from '../callers/index.ts';
import type { Sources } from '../compose.ts';
import type { Config } from '../config/index.ts';
import type { Subschema } from '../graph/index.ts';
import { toOwnUrl } from '../kit/base-path.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { toPrintable, toPrintableJson, wrapText } from '../kit/text/index.ts';
import { isConnectionName, isPersonalConnection } from '../tokens/index.ts';
import { askGraph, operator } from './ask-graph.ts';
import { causesOf } from './causes-of.ts';
import { type Command, parseOptions } from './command.ts';
import { openConfig, withSources } from './open-config.ts';
import { printTable } from './print-table.ts';

/** The result of one check. */
interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** Does not work, but only concerns one person. */
  readonly isAside?: boolean;
  readonly says: string;
  /** What it means for callers, or what to do. */
  readonly notes: readonly string[];
}

/**
 * Tries everything in the configuration and prints what would be served. Exit code 1 if something is wrong that the operator
 * can fix.
 */
export const check: Command = async ({ args, stdout, ...context }) => {
  const { values } = parseOptions(args, { config: { type: 'string' }, json: { type: 'boolean' } });
  const config = openConfig(values.config, context);
  const findings = await withSources(config, (sources) => tryEverything(config, sources));
  stdout.write(values.json ? `${toPrintableJson(JSON.stringify(findings, null, 2))}\n` : printFindings(findings));
  return findings.every(({ ok }) => ok) ? 0 : 1;
};

export async function tryEverything(config: Config, sources: Sources): Promise<Finding[]> {
  return [
    ...(await tryConnections(config, sources)),
    ...(await tryTenants(config, sources)),
    ...(await Promise.all(sources.subschemas.map(trySubschema))).flat(),
  ];
}

/** What a source reports about itself. */
async function trySubschema({ title, check: ask }: Subschema): Promise<Finding[]> {
  if (!ask) return [];
  try {
    const [says = 'works', ...notes] = await ask();
    return [{ what: title, ok: true, says, notes }];
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return [{ what: title, ok: false, says: error.code, notes: [error.message, ...causesOf(error)] }];
  }
}

async function tryConnections(config: Config, sources: Sources): Promise<Finding[]> {
  const stored = (await sources.vault.connections.list()).filter(({ name }) => isConnectionName(name));
  const missing = [...new Set(connectionsNamedIn(config.callers))].filter(
    (name) => !stored.some((each) => each.name === name),
  );
  if (!config.sage200) {
    return [
      {
        what: 'Sage 200',
        ok: true,
        says: 'not configured',
        notes: ['Its fields are in the schema and return an error.'],
      },
    ];
  }
  if (!sources.signIn) {
    return [
      {
        what: 'Sage 200',
        ok: stored.length + missing.length === 0,
        says: 'no client id',
        notes: [
          'Nobody can sign in, and stored connections cannot be used. Set sage200.clientId to the client id from Sage.',
        ],
      },
    ];
  }
  const findings = await Promise.all(stored.map((each) => tryConnection(config, sources, each)));
  const unsigned = missing.map((name) => ({
    what: `connection ${name}`,
    ok: false,
    says: 'nobody has signed in',
    notes: [`Callers in the configuration use it. Run gateway connect ${name}.`],
  }));
  const none = {
    what: 'Sage 200',
    ok: true,
    says: 'no connection yet',
    notes: ['Sign in with a browser, or run gateway connect NAME.'],
  };
  return findings.length + unsigned.length === 0 ? [none] : [...findings, ...unsigned];
}

const SITES = '{ sage200 { sites(first: 1000) { nodes { siteName companyName siteId companyId } } } }';

interface Sites {
  readonly sage200: {
    readonly sites: { readonly nodes: readonly Record<'siteName' | 'companyName' | 'siteId' | 'companyId', string>[] };
  };
}

async function tryConnection(
  { server }: Config,
  sources: Sources,
  { name, refreshExpiresAt }: { readonly name: string; readonly refreshExpiresAt: number },
): Promise<Finding> {
  const what = `connection ${name}`;
  const holds = `consent ends at ${new Date(refreshExpiresAt).toISOString()}`;
  const attempt = async (): Promise<Finding> => {
    const data = await askGraph(sources, SITES, { principal: await operator(sources, name), tenant: undefined });
    // The shape of the query above.
    const { nodes } = (data as unknown as Sites).sage200.sites;
    const notes = nodes.map(
      (each) => `${each.siteName} / ${each.companyName}: site ${each.siteId}, company ${each.companyId}`,
    );
    const none = 'This person may not open any company, so nothing from Sage 200 would be served.';
    const count = nodes.length === 1 ? '1 company' : `${nodes.length} companies`;
    return { what, ok: nodes.length > 0, says: count, notes: [holds, ...(nodes.length > 0 ? notes : [none])] };
  };
  const found = await trying(what, attempt, connectUrlIn(server));
  if (found.ok || !isPersonalConnection(name)) return found;
  const whose = 'It belongs to one person and no program uses it. That person can sign in again with a browser.';
  return { ...found, ok: true, isAside: true, notes: [...found.notes, whose] };
}

const connectUrlIn =
  ({ publicUrl }: Config['server']) =>
  ({ connectUrl }: GatewayError): readonly string[] =>
    connectUrl === undefined ? [] : [`connectUrl is ${toOwnUrl(publicUrl, connectUrl)}`];

/** Tenants of several products have different packages: a link is wrong where it fits none of the tenants that were asked. */
async function tryTenants(config: Config, sources: Sources): Promise<Finding[]> {
  const tried = await Promise.all(sources.erp.tenants.map(({ name }) => tryTenant(config, sources, name)));
  const leftOut = tried.flatMap(({ problems }) => (problems === undefined ? [] : [new Set(problems.map(linkOf))]));
  const fitsNone = (problem: string) => leftOut.every((links) => links.has(linkOf(problem)));
  return tried.map(({ finding, problems = [] }) => ({ ...finding, ok: finding.ok && !problems.some(fitsNone) }));
}

/** A problem begins with the name of its link. */
const linkOf = (problem: string): string => problem.split(':', 1)[0] ?? '';

interface TriedTenant {
  readonly finding: Finding;
  /** Why links are left out here; undefined: the tenant's schema is not known. */
  readonly problems?: readonly string[];
}

async function tryTenant({ server }: Config, { erp, graph }: Sources, tenant: string): Promise<TriedTenant> {
  const what = `ERP tenant ${tenant}`;
  // Not the cached schema: the tenant itself has to answer.
  const attempt = async (): Promise<Finding> => {
    await erp.refreshSchema(tenant);
    return { what, ok: true, says: '', notes: [] };
  };
  const asked = await trying(what, attempt, connectUrlIn(server));
  const report = await graph.reportOf(tenant).catch((error: unknown) => {
    if (error instanceof GatewayError) return undefined;
    throw error;
  });
  if (!report) return { finding: asked };
  const { types, digest, links, collisions, notShown, problems } = report;
  const served = `${types} types, schema ${digest.slice(0, 12)}`;
  const notes = [
    ...asked.notes,
    ...(links.length > 0 ? [`links: ${links.join(', ')}`] : []),
    ...(collisions.length > 0 ? [`left out, because the tenant already uses the name: ${collisions.join(', ')}`] : []),
    ...(notShown.length > 0
      ? [`not shown, because its type is nested too deeply for introspection: ${notShown.join(', ')}`]
      : []),
    ...problems.map((problem) => `link left out, ${problem}`),
  ];
  const says = asked.ok ? served : `${asked.says}; an earlier schema would be served: ${served}`;
  return { finding: { ...asked, says, notes }, problems };
}

async function trying(
  what: string,
  attempt: () => Promise<Finding>,
  more: (error: GatewayError) => readonly string[] = () => [],
): Promise<Finding> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { what, ok: false, says: error.code, notes: [error.message, ...causesOf(error), ...more(error)] };
  }
}

function printFindings(findings: readonly Finding[]): string {
  const rows = findings.map(({ what, ok, isAside, says }) => [isAside ? 'note' : ok ? 'ok' : 'FAULT', what, says]);
  const notes = findings.filter((each) => each.notes.length > 0);
  const text = notes.map(
    ({ what, notes: lines }) =>
      `\n${what}\n${lines.map((line) => `${wrapText(toPrintable(line), '  ', '      ')}\n`).join('')}`,
  );
  return `${printTable(['', 'what', 'says'], rows)}${text.join('')}`;
}
