import { createApiKey } from '../../../src/cli/keys-create.ts';
import { type LoggedRequest, type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import {
  type Answer,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../../support/test-gateway.ts';

/** Callers of each right, by the name of their key. */
export const KEYS = {
  nobody: createApiKey('nobody'),
  reader: createApiKey('reader'),
  writer: createApiKey('writer'),
  other: createApiKey('other'),
};

export type CallerName = keyof typeof KEYS;

export interface World extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly gateway: TestGateway;
  /** Asks as a caller; the one who may write unless another is named. */
  ask(document: string, options?: AskOptions): Promise<Answer>;
  /** What Payments Out was asked since the last time, without `network.rate` of a rate so low that it would matter. */
  asked(): readonly LoggedRequest[];
}

export interface AskOptions {
  readonly variables?: object;
  readonly as?: CallerName;
  readonly headers?: Record<string, string>;
}

type Edit = NonNullable<TestGatewayOptions['edit']>;

/** A gateway in front of a sandbox, both quick enough that no test waits for its turn. */
export async function startWorld(edit: Edit = () => {}, options: Partial<TestGatewayOptions> = {}): Promise<World> {
  await using opened = new AsyncDisposableStack();
  const sandbox = options.sandbox ?? opened.use(await startSandbox({ customers: 2 }));
  sandbox.paymentsOut.configure({ rate: 10_000 });
  const gateway = opened.use(
    await startTestGateway({
      ...options,
      sandbox,
      edit(file) {
        Object.assign(file['network'] ?? {}, { rate: 10_000 });
        Object.assign(file['callers'] ?? {}, { apiKeys: apiKeys() });
        edit(file);
      },
    }),
  );
  const running = opened.move();
  return {
    sandbox,
    gateway,
    ask: (document, { variables = {}, as = 'writer', headers = {} } = {}) =>
      gateway.query(document, { variables, headers: { authorization: `Bearer ${KEYS[as].key}`, ...headers } }),
    asked() {
      const requests = sandbox.paymentsOut.requests();
      sandbox.paymentsOut.clearRequests();
      return requests;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function apiKeys() {
  const rights = { connection: 'sandbox', companies: 'all', tenants: ['acme'], readOnly: false };
  const right: Readonly<Record<CallerName, string>> = {
    nobody: 'none',
    reader: 'read',
    writer: 'write',
    other: 'write',
  };
  return Object.entries(KEYS).map(([name, { sha256 }]) => ({
    ...rights,
    name,
    sha256,
    paymentsOut: right[name as CallerName],
  }));
}

export const CREATE_BATCH = `
  mutation ($input: PaymentsOutCreateBatchPaymentInput!, $key: ID) {
    paymentsOut { consumerApi { createBatchPayment(input: $input, idempotencyKey: $key) {
      batchPayment { batchId externalId status payments { status json } links { self } }
      idempotencyKey interactionId userErrors { code message path }
    } } }
  }`;

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
