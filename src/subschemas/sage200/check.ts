import { isConnectionName, isPersonalConnection, type Vault } from '../../tokens/index.ts';
import type { CheckParts, Finding, SourceCheck } from '../source-check.ts';

interface CheckedSettings {
  readonly clientId?: string | undefined;
}

/** Tries every stored connection, and reports those that callers use but nobody has signed in for. */
export function createSage200Check(settings: CheckedSettings | undefined, vault: Vault | undefined): SourceCheck {
  return async (parts) => {
    const stored = ((await vault?.connections.list()) ?? []).filter(({ name }) => isConnectionName(name));
    const missing = parts.usedConnections.filter((name) => !stored.some((each) => each.name === name));
    if (!settings) return [NOT_CONFIGURED];
    if (settings.clientId === undefined) return [{ ...NO_CLIENT_ID, ok: stored.length + missing.length === 0 }];
    const findings = await Promise.all(stored.map((each) => tryConnection(parts, each)));
    const unsigned = missing.map((name) => ({
      what: `connection ${name}`,
      ok: false,
      says: 'nobody has signed in',
      notes: [`Callers in the configuration use it. Run gateway connect ${name}.`],
    }));
    return findings.length + unsigned.length === 0 ? [NO_CONNECTION] : [...findings, ...unsigned];
  };
}

const NOT_CONFIGURED: Finding = {
  what: 'Sage 200',
  ok: true,
  says: 'not configured',
  notes: ['Its fields are in the schema and return an error.'],
};

const NO_CLIENT_ID: Omit<Finding, 'ok'> = {
  what: 'Sage 200',
  says: 'no client id',
  notes: [
    'Nobody can sign in, and stored connections cannot be used. Set sage200.clientId to the client id from Sage.',
  ],
};

const NO_CONNECTION: Finding = {
  what: 'Sage 200',
  ok: true,
  says: 'no connection yet',
  notes: ['Sign in with a browser, or run gateway connect NAME.'],
};

const SITES = '{ sage200 { sites(first: 1000) { nodes { siteName companyName siteId companyId } } } }';

interface Sites {
  readonly sage200: {
    readonly sites: { readonly nodes: readonly Record<'siteName' | 'companyName' | 'siteId' | 'companyId', string>[] };
  };
}

async function tryConnection(
  { ask, attempt }: CheckParts,
  { name, refreshExpiresAt }: { readonly name: string; readonly refreshExpiresAt: number },
): Promise<Finding> {
  const holds = `consent ends at ${new Date(refreshExpiresAt).toISOString()}`;
  const found = await attempt(`connection ${name}`, async () => {
    // The shape of the query above.
    const { nodes } = ((await ask(SITES, name)) as unknown as Sites).sage200.sites;
    const notes = nodes.map(
      (each) => `${each.siteName} / ${each.companyName}: site ${each.siteId}, company ${each.companyId}`,
    );
    const none = 'This person may not open any company, so nothing from Sage 200 would be served.';
    const says = nodes.length === 1 ? '1 company' : `${nodes.length} companies`;
    return { ok: nodes.length > 0, says, notes: [holds, ...(nodes.length > 0 ? notes : [none])] };
  });
  if (found.ok || !isPersonalConnection(name)) return found;
  const whose = 'It belongs to one person and no program uses it. That person can sign in again with a browser.';
  return { ...found, ok: true, isAside: true, notes: [...found.notes, whose] };
}
