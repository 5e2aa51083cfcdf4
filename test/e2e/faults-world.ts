import { type Fault, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import {
  type Answer,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
  warmUp,
} from '../support/test-gateway.ts';

export const SAGE200 = 'sage200 { customers(first: 1) { nodes { reference } } }';
export const ERP = 'xtremMasterData { customer { query(first: 1) { edges { node { id } } } } }';
export const BOTH = `{ ${SAGE200} ${ERP} }`;

/** What the two parts look like when nothing fails; `null` stands for the part that failed. */
export const SAGE200_DATA = { customers: { nodes: [{ reference: 'ABS001' }] } };
export const ERP_DATA = { customer: { query: { edges: [{ node: { id: 'ABS001' } }] } } };

const SHORT_DEADLINE = '2s';
/** ms; longer than that deadline */
export const LATE_MS = 5_000;

const withSending = (settings: Record<string, unknown>): Partial<TestGatewayOptions> => ({
  edit: (file) => {
    for (const name of ['sage200', 'erp']) file[name] = { ...file[name], ...settings };
  },
});

/** Of a gateway that need not wait long for a fault that is late. */
export const SHORT = withSending({ deadline: SHORT_DEADLINE });

/** Of gateways that meet one fault after the other: breakers would stop asking. */
const PATIENT = { breaker: 'off' };

export const FAULTS: readonly (readonly [name: string, fault: Fault, sage200Code: string, erpCode: string])[] = [
  ['400', { kind: 'status', status: 400 }, 'UPSTREAM_REJECTED', 'UPSTREAM_REJECTED'],
  ['403', { kind: 'status', status: 403 }, 'FORBIDDEN', 'FORBIDDEN'],
  ['404 on a collection', { kind: 'status', status: 404 }, 'UPSTREAM_REJECTED', 'UPSTREAM_UNAVAILABLE'],
  ['429', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 'RATE_LIMITED', 'RATE_LIMITED'],
  ['500', { kind: 'status', status: 500 }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['502', { kind: 'status', status: 502 }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['503', { kind: 'status', status: 503 }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['504', { kind: 'status', status: 504 }, 'UPSTREAM_TIMEOUT', 'UPSTREAM_TIMEOUT'],
  ['a cut before any answer', { kind: 'cut' }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['a cut behind the headers', { kind: 'cut', cutAt: 'afterHeaders' }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['a cut amid the body', { kind: 'cut', cutAt: 'midBody' }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['an answer that is not JSON', { kind: 'garbage' }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['JSON of another shape', { kind: 'status', status: 200, body: {} }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['no answer in time', { kind: 'delay', delayMs: LATE_MS }, 'UPSTREAM_TIMEOUT', 'UPSTREAM_TIMEOUT'],
];

/** Of writes that may have been carried out. */
export const LOST: readonly (readonly [name: string, fault: Fault])[] = [
  ['cut', { kind: 'cut', cutAt: 'afterProcessing' }],
  ['cut amid its body', { kind: 'cut', cutAt: 'midBody' }],
  ['late', { kind: 'delay', delayMs: LATE_MS }],
  ['500', { kind: 'status', status: 500 }],
  ['504', { kind: 'status', status: 504 }],
  ['not JSON', { kind: 'garbage' }],
];

interface Asked extends Answer {
  readonly status: number;
}

export interface FaultsWorld extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly gateway: TestGateway;
  /** Has a short deadline, for faults that are late. */
  readonly impatient: TestGateway;
  /** One without tokens, sites or schemas yet. */
  readonly start: (options?: Partial<TestGatewayOptions>) => Promise<TestGateway>;
  /** Who need not wait long for that fault. */
  readonly gatewayFor: (fault: Fault) => TestGateway;
  readonly ask: (query: string, options?: { of?: TestGateway; headers?: Record<string, string> }) => Promise<Asked>;
  readonly clearFaults: () => void;
}

/** A sandbox whose servers fail on demand, behind two gateways that have their tokens and schemas. */
export async function startFaultsWorld(): Promise<FaultsWorld> {
  const sandbox = await startSandbox({ customers: 20 });
  const start: FaultsWorld['start'] = (options = {}) => startTestGateway({ sandbox, ...options });
  const [gateway, impatient] = await Promise.all([
    start(withSending(PATIENT)),
    start(withSending({ ...PATIENT, deadline: SHORT_DEADLINE })),
  ]);
  await Promise.all([gateway, impatient].map((each) => warmUp(each)));
  return {
    sandbox,
    gateway,
    impatient,
    start,
    gatewayFor: ({ kind }) => (kind === 'delay' ? impatient : gateway),
    async ask(query, { of = gateway, headers = {} } = {}) {
      const response = await of.post({ query }, headers);
      return { status: response.status, ...((await response.json()) as Answer) };
    },
    clearFaults() {
      for (const server of [sandbox.sageId, sandbox.sage200, sandbox.erp]) server.clearFaults();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([gateway, impatient].map((each) => each.close()));
      await sandbox.close();
    },
  };
}
