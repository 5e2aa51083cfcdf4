import { z } from 'zod';
import type { Secret } from '../../kit/errors/index.ts';
import { duration, secret, text, upstreamUrl } from '../../kit/settings/index.ts';
import { type Connections, type ConnectionsOptions, createConnections } from '../connections.ts';
import {
  createSageIdApplication,
  type SageIdApplication,
  type SageIdSettings,
} from '../consent/sage-id-application.ts';
import type { SageIdClientOptions } from '../sage-id-client.ts';
import type { TokenKind } from '../token-kind.ts';

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

export interface SageIdCodeOptions
  extends Pick<ConnectionsOptions, 'vault' | 'watch' | 'redirectUri' | 'log' | 'renewals' | 'onEvent'> {
  /** Left out, or without a client id: nobody can sign in. */
  readonly settings: SageIdCodeSettings | undefined;
  readonly sageId: SageIdSettings;
  readonly send: SageIdClientOptions['send'];
}

/** Everybody's consents, and what they are given and renewed with. */
export interface SageIdSignIn {
  readonly application: SageIdApplication;
  readonly connections: Connections;
}

export interface SageIdTokenKind extends TokenKind<'sage200'> {
  create(options: SageIdCodeOptions): SageIdSignIn | undefined;
}

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
  create({ settings, sageId, send, ...ofConnections }) {
    const application = createSageIdApplication({ sageId, sage200: settings }, send);
    if (!application) return undefined;
    const { clockToleranceMs } = sageId;
    const connections = createConnections({ ...ofConnections, client: application.client, clockToleranceMs });
    return { application, connections };
  },
} as const satisfies SageIdTokenKind;
