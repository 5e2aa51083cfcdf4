import { type ConsentRoutesOptions, createConsentContext } from './consent-context.ts';
import type { ConsentRoute } from './route-types.ts';
import { beginSignIn } from './routes/begin-sign-in.ts';
import { disconnect } from './routes/disconnect.ts';
import { finishSignIn } from './routes/finish-sign-in.ts';
import { session } from './routes/session.ts';
import { tenantSignIn } from './routes/tenant-sign-in.ts';

/** Signing in, signing out, disconnecting. */
export function createConsentRoutes(options: ConsentRoutesOptions): readonly ConsentRoute[] {
  const context = createConsentContext(options);
  const tenants = (options.tenants ?? []).flatMap((consent) => tenantSignIn(context, consent));
  return [beginSignIn(context), ...finishSignIn(context), disconnect(context), session(context), ...tenants];
}
