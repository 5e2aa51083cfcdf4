import { startDeadline } from '../../kit/http/index.ts';
import type { TokenSource } from '../../tokens/index.ts';
import type { SourceCheck } from '../source-check.ts';
import type { PaymentsOutClient } from './client.ts';
import type { NetworkConfig } from './section.ts';

interface Checked {
  readonly config: NetworkConfig;
  readonly client: PaymentsOutClient;
  readonly tokens: TokenSource;
}

/** Checks the credentials of each side. */
export const createPaymentsOutCheck =
  ({ config, client, tokens }: Checked): SourceCheck =>
  async ({ attempt }) => [
    await attempt('Payments Out', async () => {
      const { expiresAt } = await tokens.get();
      const sides = (['provider', 'consumer'] as const).filter((side) => config[side]);
      const deadline = startDeadline(config.deadlineMs);
      try {
        for (const side of sides) await client.try(side, deadline.signal);
      } finally {
        deadline.end();
      }
      const served =
        sides.length > 0
          ? `The APIs of the ${sides.join(' and the ')} side are served.`
          : 'No API is served. Add network.provider or network.consumer.';
      return { ok: true, says: `token valid until ${new Date(expiresAt).toISOString()}`, notes: [served] };
    }),
  ];
