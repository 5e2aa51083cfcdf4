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
      product: oneOf('professional', 'standard').prefault('professional').describe('Product; selects baseUrl.'),
      baseUrl: upstreamUrl().optional().describe("URL of the Sage 200 API. Default: the product's URL."),
      ...tokenSettings('sage200', kinds),
      subscriptionKey: secret().optional().describe('Sent as ocp-apim-subscription-key if set.'),
      site: id().optional().describe('Default X-Site. Requires company.'),
      company: id().optional().describe('Default X-Company. Requires site.'),
      ...sendingSettings('Sage 200', "each person's connection"),
      maxFilterTerms: whole(1, 1_000)
        .prefault('60')
        .describe('Maximum number of ids in one filter; halved if Sage 200 refuses that many.'),
      maxUrlBytes: whole(500, 32_000).prefault('2000').describe('Maximum length of a request URL.'),
    })
    .describe('Sage 200. Without this section, the gateway does not serve it.')
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
  // Consents in the vault were given to this client id; the secret belongs to that client, and is useless for another one.
  live: { but: ['clientId'], bound: ['clientSecret'] },
  read: (section, { publicUrl }) => section && read(section, publicUrl),
  check(file, faults, { callers }) {
    checkSending('sage200', file, faults);
    const has = (key: string) => file.has(['sage200', key]);
    if (has('site') && !has('company')) {
      faults.add(['sage200', 'company'], 'is required with site; write both, since company ids repeat across sites');
    }
    if (has('company') && !has('site')) {
      faults.add(['sage200', 'site'], 'is required with company; write both, since company ids repeat across sites');
    }
    if (has('clientSecret') && !has('clientId')) {
      faults.add(['sage200', 'clientId'], 'is required with clientSecret; write the client id from Sage');
    }
    const wanted = callers.map((caller) => [...caller, 'connection']).filter((path) => file.has(path));
    if (!file.has(['sage200'])) {
      for (const path of wanted) faults.add(path, 'needs Sage 200; add the section sage200, or remove this setting');
    } else if (wanted.length > 0 && !has('clientId')) {
      faults.add(['sage200', 'clientId'], 'is required to renew connections; write the client id from Sage');
    }
  },
};
