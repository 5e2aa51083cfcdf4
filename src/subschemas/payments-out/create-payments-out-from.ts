import { loadSdl } from '../../kit/load-sdl.ts';
import { tokenKindOf } from '../../tokens/index.ts';
import type { OpenedSource } from '../source.ts';
import type { SourceParts } from '../source-parts.ts';
import { createPaymentsOutCheck } from './check.ts';
import { PaymentsOutClient } from './client.ts';
import { EXAMPLE } from './example.ts';
import { createRequestQueue } from './queue.ts';
import type { NetworkConfig } from './section.ts';
import { createPaymentsOutSubschema } from './subschema.ts';

const SDL_FOLDER = new URL('../../../schema/payments-out/', import.meta.url);

/** Payments Out from the configuration. Without the section, its types exist but return an error. */
export function createPaymentsOutFrom(
  network: NetworkConfig | undefined,
  { send, lane, log: ownLog, vault, sageId, tokenKinds, renewals, processes = 1, onClose }: SourceParts,
): OpenedSource {
  const typeDefs = loadSdl(SDL_FOLDER);
  if (!network) return { subschema: createPaymentsOutSubschema({ typeDefs }), example: EXAMPLE };
  const log = ownLog.child({ area: 'payments-out' });
  const tokens = tokenKindOf('network', network, tokenKinds).create({
    settings: network,
    sageId,
    send,
    renewals: renewals?.of('network'),
  });
  onClose(() => tokens.close());
  const client = new PaymentsOutClient({
    config: network,
    tokens,
    queue: createRequestQueue(network.rate, processes),
    send: lane({ ...network, source: 'network' }).send,
    log,
  });
  const stored = { record: vault?.audit, outcomes: vault?.idempotency };
  const configured = { config: network, client, tokens, ...stored, now: Date.now };
  return {
    subschema: createPaymentsOutSubschema({ typeDefs, configured }),
    check: createPaymentsOutCheck(configured),
    example: EXAMPLE,
  };
}
