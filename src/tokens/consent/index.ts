export { isAllowedPerson } from './allowed-person.ts';
export {
  assertOwnPage,
  type BrowserRequest,
  CSRF_HEADER,
} from './browser-request.ts';
export type { ConsentRoutesOptions } from './consent-context.ts';
export { createConsentRoutes } from './create-consent-routes.ts';
export { isPersonalConnection, personalConnectionOf } from './personal-connection.ts';
export type { ConsentAnswer, ConsentExchange, ConsentPrincipal, ConsentRoute } from './route-types.ts';
export { createSageIdApplication, type SageIdApplication } from './sage-id-application.ts';
export {
  createSageIdCodeGrant,
  type SageIdCodeGrant,
  type SageIdCodeGrantOptions,
  type SageIdPerson,
} from './sage-id-code-grant.ts';
export { createSessionCookie, type SessionCookie } from './session-cookie.ts';
export { type BegunSignIn, createSignIn, type FinishedSignIn, type SignIn, type SignInOptions } from './sign-in.ts';
export { SignInFailure } from './sign-in-failure.ts';
