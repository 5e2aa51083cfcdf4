import { type ConsentRoutesOptions, createConsentContext } from './consent-context.ts';
import type { ConsentRoute } from './route-types.ts';
import { beginSignIn } from './routes/begin-sign-in.ts';
import { disconnect } from './routes/disconnect.ts';
import { finishSignIn } from './routes/finish-sign-in.ts';
import { session } from './routes/session.ts';

/** Signing in, signing out, disconnecting. */
export function createConsentRoutes(options: ConsentRoutesOptions): readonly ConsentRoute[] {
  const context = createConsentContext(options);
  return [beginSignIn(context), ...finishSignIn(context), disconnect(context), session(context)];
}
