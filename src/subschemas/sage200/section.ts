import { z } from 'zod';
import type { Secret } from '../../kit/errors/index.ts';
import { defined, duration, id, oneOf, secret, upstreamUrl, whole, withoutSlash } from '../../kit/settings/index.ts';
import { type AnyTokenKind, type SageIdCodeSettings, tokenSettings } from '../../tokens/index.ts';
import type { SourceSection } from '../source-section.ts';

export interface Sage200Config extends SageIdCodeSettings {
  readonly product: 'professional' | 'standard';
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly subscriptionKey?: Secret;
  /** Set together with `company`, or not at all. */
  readonly site?: string;
  readonly company?: string;
  readonly deadlineMs: number;
  readonly maxFilterTerms: number;
  readonly maxUrlBytes: number;
}

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
      deadline: duration('100ms', '1h').prefault('30s').describe('Share of a whole operation that Sage 200 may take.'),
      maxFilterTerms: whole(1, 1_000)
        .prefault('60')
        .describe('Ids in one filter at most; halved when Sage 200 refuses that many.'),
      maxUrlBytes: whole(500, 32_000).prefault('2000').describe('Length of one request address at most.'),
    })
    .describe('Sage 200. Left out: the gateway serves without it.')
    .optional();

export const sage200Section: SourceSection<'sage200', z.output<ReturnType<typeof file>>, Sage200Config | undefined> = {
  name: 'sage200',
  file,
  read(section, { publicUrl }) {
    if (!section) return undefined;
    const { baseUrl, redirectUri, refreshLifetime, deadline, ...rest } = section;
    return {
      ...defined(rest),
      baseUrl: withoutSlash(baseUrl ?? BASE_URLS[rest.product]),
      redirectUri: redirectUri ?? `${publicUrl}/connect/sage200/callback`,
      refreshLifetimeMs: refreshLifetime,
      deadlineMs: deadline,
    };
  },
  check(file, faults) {
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
