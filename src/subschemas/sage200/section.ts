import { z } from 'zod';
import { defined, id, oneOf, secret, upstreamUrl, whole, withoutSlash } from '../../kit/settings/index.ts';
import { type AnyTokenKind, tokenSettings } from '../../tokens/index.ts';
import { checkSending, readSending, sendingSettings } from '../sending-settings.ts';
import type { SourceSection } from '../source.ts';

/** Source: Sage 200 API guide, "Base URL"; Professional is called Extra there. */
const BASE_URLS = {
  professional: 'https://api.columbus.sage.com/uk/sage200extra/accounts/v1',
  standard: 'https://api.columbus.sage.com/uk/sage200/accounts/v1',
} as const;

const file = (kinds: readonly AnyTokenKind[]) =>
  z
    .strictObject({
      product: oneOf('professional', 'standard')
        .prefault('professional')
        .describe('Which Sage 200 it is; picks baseUrl.'),
      baseUrl: upstreamUrl().optional().describe('Address of the Sage 200 API. Left out: the one of the product.'),
      ...tokenSettings('sage200', kinds),
      subscriptionKey: secret().optional().describe('Sent as ocp-apim-subscription-key when set.'),
      site: id().optional().describe('X-Site to use when a request names none. Together with company.'),
      company: id().optional().describe('X-Company to use when a request names none. Together with site.'),
      ...sendingSettings('Sage 200', "each person's connection"),
      maxFilterTerms: whole(1, 1_000)
        .prefault('60')
        .describe('Ids in one filter at most; halved when Sage 200 refuses that many.'),
      maxUrlBytes: whole(500, 32_000).prefault('2000').describe('Length of one request address at most.'),
    })
    .describe('Sage 200. Left out: the gateway serves without it.')
    .optional();

function read(section: NonNullable<z.output<ReturnType<typeof file>>>, publicUrl: string) {
  const { baseUrl, redirectUri, refreshLifetime, ...rest } = section;
  return {
    ...readSending(defined(rest)),
    baseUrl: withoutSlash(baseUrl ?? BASE_URLS[rest.product]),
    redirectUri: redirectUri ?? `${publicUrl}/connect/sage200/callback`,
    refreshLifetimeMs: refreshLifetime,
  };
}

type Sage200Config = ReturnType<typeof read>;

export const sage200Section: SourceSection<'sage200', z.output<ReturnType<typeof file>>, Sage200Config | undefined> = {
  name: 'sage200',
  file,
  // What is stored in the vault was agreed to under this client id; the secret is that client's, and means nothing to another one.
  live: { but: ['clientId'], bound: ['clientSecret'] },
  read: (section, { publicUrl }) => section && read(section, publicUrl),
  check(file, faults) {
    checkSending('sage200', file, faults);
    const has = (key: string) => file.has(['sage200', key]);
    if (has('site') && !has('company')) {
      faults.add(['sage200', 'company'], 'is missing beside site; write both, since company ids repeat across sites');
    }
    if (has('company') && !has('site')) {
      faults.add(['sage200', 'site'], 'is missing beside company; write both, since company ids repeat across sites');
    }
    if (has('clientSecret') && !has('clientId')) {
      faults.add(['sage200', 'clientId'], 'is missing beside clientSecret; write the client id that Sage gave with it');
    }
  },
};
