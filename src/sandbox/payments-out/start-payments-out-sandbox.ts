import {
  type Place,
  type SandboxRequest,
  type SandboxResponse,
  type SandboxServer,
  startSandboxServer,
} from '../sandbox-server.ts';
import { createCalls } from './calls.ts';
import { createCompanyTokens } from './checks/company-tokens.ts';
import { API_KEYS, APPLICATION, createGate } from './checks/gate.ts';
import { createIdempotency } from './checks/idempotency.ts';
import { Refusal, toRefusalAnswer } from './checks/refusal.ts';
import { createBatches } from './data/batches.ts';
import { createMessages, type Message } from './data/messages.ts';
import {
  ABA_FORMAT_ID,
  BACS_FORMAT_ID,
  BATCH_IDS,
  OPEN_PROVIDER_ID,
  ORGANISATION_ID,
  SUBSCRIPTION_IDS,
  SUBSCRIPTION_PROVIDER_ID,
} from './data/seeds.ts';
import { createSubscriptions } from './data/subscriptions.ts';
import { createDoors } from './doors.ts';
import { DEFAULT_SWITCHES, type PaymentsOutSwitches } from './switches.ts';

export interface PaymentsOutSandboxOptions extends Place {
  /** Whether a machine token of Sage ID is good for Payments Out. */
  readonly verifyNetworkToken: (token: string) => Promise<boolean>;
}

export interface PaymentsOutSandbox extends SandboxServer {
  readonly application: string;
  readonly providerKey: string;
  readonly consumerKey: string;
  /** Ids of the seeded objects. */
  readonly ids: typeof SEEDED_IDS;
  /** A new token of a company, good for 20 minutes of the server's clock. */
  issueCompanyToken(): string;
  /** Changes switches while running; those left out stay. */
  configure(switches: Partial<PaymentsOutSwitches>): void;
  /** Messages that were accepted, oldest first. */
  messages(): readonly Message[];
}

const SEEDED_IDS = {
  organisation: ORGANISATION_ID,
  provider: OPEN_PROVIDER_ID,
  subscriptionProvider: SUBSCRIPTION_PROVIDER_ID,
  bacsFormat: BACS_FORMAT_ID,
  abaFormat: ABA_FORMAT_ID,
  subscriptions: SUBSCRIPTION_IDS,
  batches: BATCH_IDS,
} as const;

/** Payments Out of the Sage Network Platform, from its guides. @throws Error when the port is in use */
export async function startPaymentsOutSandbox(options: PaymentsOutSandboxOptions): Promise<PaymentsOutSandbox> {
  let switches = DEFAULT_SWITCHES;
  const readSwitches = () => switches;
  const configure = (changes: Partial<PaymentsOutSwitches>) => {
    switches = { ...switches, ...changes };
  };
  // Requests arrive only once the server, its address and its clock exist.
  let server: SandboxServer | undefined;
  const now = () => server?.clock.now() ?? Date.now();
  const url = () => server?.url ?? '';
  const subscriptions = createSubscriptions(now, url);
  const batches = createBatches({ now, url, subscriptions });
  const messages = createMessages();
  const companyTokens = createCompanyTokens(now);
  const once = createIdempotency(now, readSwitches);
  const calls = createCalls({ batches, subscriptions, messages, once, switches: readSwitches });
  const pass = createGate({
    now,
    switches: readSwitches,
    isSageIdToken: options.verifyNetworkToken,
    isCompanyToken: companyTokens.isGood,
  });

  const route = async (request: SandboxRequest): Promise<SandboxResponse> => {
    const { method, path } = request;
    const [, fileToken] = /^\/payment-files\/([^/]+)$/.exec(path) ?? [];
    if (method === 'GET' && fileToken !== undefined) return { status: 200, body: batches.download(fileToken) };
    const matching = calls.filter((call) => call.path.test(path));
    const call = matching.find((each) => each.method === method);
    if (!call) throw new Refusal(matching.length > 0 ? 405 : 404, 'There is no such call.');
    const body = await pass(call, request);
    const ids = (call.path.exec(path) ?? []).slice(1).map((id) => decodeURIComponent(id));
    return call.answer({ ids, body, request });
  };

  server = await startSandboxServer({
    name: 'Payments Out',
    port: options.port,
    host: options.host,
    publicHost: options.publicHost,
    defaultErrorBody: (status) => ({ title: 'Sandbox fault', status, detail: `Told to answer ${status}.` }),
    control: createDoors({ subscriptions, messages, companyTokens, switches: readSwitches, configure }),
    handle: (request) => route(request).catch((error: unknown) => toRefusalAnswer(error, switches)),
  });

  return {
    ...server,
    clock: server.clock,
    application: APPLICATION,
    providerKey: API_KEYS.provider,
    consumerKey: API_KEYS.consumer,
    ids: SEEDED_IDS,
    issueCompanyToken: companyTokens.issue,
    configure,
    messages: messages.list,
  };
}
