import { loadSdl } from '../../kit/load-sdl.ts';
import { createClientCredentialsTokenSource, createSageIdClient } from '../../tokens/index.ts';
import type { SourceParts } from '../source-parts.ts';
import { PaymentsOutClient } from './client.ts';
import { createRequestQueue } from './queue.ts';
import type { NetworkConfig } from './section.ts';
import { createPaymentsOutSubschema } from './subschema.ts';

interface SageId {
  readonly issuer: string;
  readonly tokenUrl: string;
  readonly bodyEncoding: 'form' | 'json';
}

const SDL_FOLDER = new URL('../../../schema/payments-out/', import.meta.url);

/** Payments Out as the configuration has it. Without the section, its types are there all the same, and answer so. */
export function createPaymentsOutFrom(
  { network, sageId }: { readonly network: NetworkConfig | undefined; readonly sageId: SageId },
  { send, lane, log: ownLog, vault, renewals, processes = 1, onClose }: SourceParts,
) {
  const typeDefs = loadSdl(SDL_FOLDER);
  if (!network) return createPaymentsOutSubschema({ typeDefs });
  const log = ownLog.child({ area: 'payments-out' });
  const { clientId, clientSecret, grantType, audience, rate } = network;
  const { tokenUrl = sageId.tokenUrl, bodyEncoding = sageId.bodyEncoding } = network;
  const sageIdClient = createSageIdClient({
    issuer: sageId.issuer,
    tokenUrl,
    bodyEncoding,
    clientId,
    clientSecret,
    send,
  });
  const tokens = createClientCredentialsTokenSource({
    client: sageIdClient,
    grantType,
    audience,
    renewals: renewals?.of('network'),
  });
  onClose(() => tokens.close());
  const client = new PaymentsOutClient({
    config: network,
    tokens,
    queue: createRequestQueue(rate, processes),
    send: lane({ ...network, source: 'network' }).send,
    log,
  });
  return createPaymentsOutSubschema({
    typeDefs,
    configured: {
      config: network,
      client,
      tokens,
      record: vault?.audit,
      outcomes: vault?.idempotency,
      now: Date.now,
    },
  });
}
