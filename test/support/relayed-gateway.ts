import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Relay, startRelay } from './relay.ts';
import { startTestGateway, type TestGateway, type TestGatewayOptions, tenantsOf } from './test-gateway.ts';

export interface RelayedWorld extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly sage200: Relay;
  readonly erp: Relay;
  readonly sageId: Relay;
  /** A gateway before them. */
  start(options?: Omit<TestGatewayOptions, 'sandbox'>): Promise<TestGateway>;
}

/** A sandbox whose servers each stand behind a relay. */
export async function startRelayedWorld(data: Parameters<typeof startSandbox>[0]): Promise<RelayedWorld> {
  await using opened = new AsyncDisposableStack();
  const sandbox = await startSandbox(data);
  opened.defer(() => sandbox.close());
  const [sage200, erp, sageId] = [
    opened.use(await startRelay(sandbox.sage200.url)),
    opened.use(await startRelay(sandbox.erp.url)),
    opened.use(await startRelay(sandbox.sageId.url)),
  ];
  const { credentials } = sandbox;
  const running = opened.move();
  return {
    sandbox,
    sage200,
    erp,
    sageId,
    start: ({ edit, ...options } = {}) =>
      startTestGateway({
        sandbox,
        ...options,
        edit(file) {
          file['sageId'] = { ...file['sageId'], tokenUrl: sageId.behind(credentials.sageId.tokenUrl) };
          file['sage200'] = { ...file['sage200'], baseUrl: sage200.behind(credentials.sage200.baseUrl) };
          for (const tenant of tenantsOf(file)) tenant['tokenUrl'] = erp.behind(String(tenant['tokenUrl']));
          edit?.(file);
        },
      }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
