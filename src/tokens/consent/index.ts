export { isAllowedPerson } from './allowed-person.ts';
export { assertOwnPage } from './browser-request.ts';
export { createConsentRoutes } from './create-consent-routes.ts';
export { isPersonalConnection, personalConnectionOf } from './personal-connection.ts';
export { createSageIdApplication, type SageIdApplication } from './sage-id-application.ts';
export { createSageIdCodeGrant, type SageIdCodeGrantOptions } from './sage-id-code-grant.ts';
export { createSessionCookie, type SessionCookie } from './session-cookie.ts';
export { createSignIn } from './sign-in.ts';
export { SignInFailure } from './sign-in-failure.ts';
