import { z } from 'zod';
import { upstreamUrl, withoutSlash } from '../../kit/settings/index.ts';
import { type AnyTokenKind, type ClientCredentialsSettings, tokenSettings } from '../../tokens/index.ts';
import type { SourceSection } from '../source-section.ts';

export interface NetworkConfig extends ClientCredentialsSettings {
  /** Without a slash at the end. */
  readonly baseUrl: string;
}

const file = (kinds: readonly AnyTokenKind[]) =>
  z
    .strictObject({
      ...tokenSettings('network', kinds),
      baseUrl: upstreamUrl().prefault('https://api-payout.sage.com').describe('Address of Payments Out.'),
    })
    .describe('Payments Out on the Sage Network Platform.')
    .optional();

export const networkSection: SourceSection<'network', z.output<ReturnType<typeof file>>, NetworkConfig | undefined> = {
  name: 'network',
  right: {
    name: 'paymentsOut',
    description: 'Payments Out: none, read (its queries) or write (its mutations too).',
  },
  file,
  read: (section) => section && { ...section, baseUrl: withoutSlash(section.baseUrl) },
};
