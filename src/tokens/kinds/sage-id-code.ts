import { z } from 'zod';
import type { Secret } from '../../kit/errors/index.ts';
import { duration, secret, text, upstreamUrl } from '../../kit/settings/index.ts';
import type { TokenKind } from '../token-kind.ts';

/** A person signs in at Sage ID once; from then on their tokens are renewed. See `connection-renewal.ts` and `consent/`. */
export const sageIdCode = {
  name: 'sageIdCode',
  description: 'The sign-in of a person at Sage ID, kept alive.',
  section: 'sage200',
  settings: {
    clientId: text().optional().describe('Client id that Sage gave for this application. Needed for every connection.'),
    clientSecret: secret().optional().describe('Its secret. Left out: a public client.'),
    redirectUri: upstreamUrl()
      .optional()
      .describe('The redirect address registered with Sage. Left out: publicUrl + /connect/sage200/callback.'),
    audience: text().prefault('s200ukipd/sage200').describe('The API that tokens are asked for.'),
    scopes: z
      .array(text())
      .prefault(['openid', 'profile', 'email', 'offline_access'])
      .describe('Scopes asked for at sign-in; offline_access brings the refresh token.'),
    refreshLifetime: duration('1m', '3650d')
      .prefault('90d')
      .describe("Life of a refresh token since consent, as asked for in Sage's credentials form."),
  },
} as const satisfies TokenKind;

/** Its part of the configuration. */
export interface SageIdCodeSettings {
  readonly clientId?: string;
  /** Absent: a public client. */
  readonly clientSecret?: Secret;
  readonly redirectUri: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly refreshLifetimeMs: number;
}
