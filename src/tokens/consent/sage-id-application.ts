import type { Secret } from '../../kit/errors/index.ts';
import { createSageIdClient, type SageIdClient, type SageIdClientOptions } from '../sage-id-client.ts';
import { createSageIdCodeGrant, type SageIdCodeGrant, type SageIdCodeGrantOptions } from './sage-id-code-grant.ts';

/** The gateway's application at Sage ID: signs people in, and renews and revokes their tokens. */
export interface SageIdApplication {
  readonly grant: SageIdCodeGrant;
  readonly client: SageIdClient;
}

export type SageIdSettings = Omit<SageIdCodeGrantOptions, keyof ApplicationSettings | 'send'>;

interface ApplicationSettings extends Pick<SageIdCodeGrantOptions, 'audience' | 'scopes'> {
  readonly clientId?: string | undefined;
  readonly clientSecret?: Secret | undefined;
}

/** @returns undefined without a client id, which sign-in needs */
export function createSageIdApplication(
  { sageId, sage200 }: { readonly sageId: SageIdSettings; readonly sage200: ApplicationSettings | undefined },
  send: SageIdClientOptions['send'],
): SageIdApplication | undefined {
  if (!sage200?.clientId) return undefined;
  const { clientId, clientSecret, audience, scopes } = sage200;
  const application = { ...sageId, clientId, clientSecret, send };
  return {
    grant: createSageIdCodeGrant({ ...application, audience, scopes }),
    client: createSageIdClient(application),
  };
}
