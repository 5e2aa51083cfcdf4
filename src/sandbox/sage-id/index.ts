export { DESKTOP_CLIENT, NETWORK_AUDIENCE, NETWORK_CLIENT, SAGE200_AUDIENCE, WEB_CLIENT } from './provider/clients.ts';
export type { SandboxUser } from './sign-in/users.ts';
export {
  type IssueOptions,
  type SageIdSandbox,
  type SageIdSandboxOptions,
  startSageIdSandbox,
  type VerifiedToken,
} from './start-sage-id-sandbox.ts';
export type { Renewal } from './tokens/renewals.ts';
