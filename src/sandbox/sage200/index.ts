export type { AccessQuestion, VerifiedUser, VerifyAccessToken } from './access.ts';
export { type Sage200Sandbox, type Sage200SandboxOptions, startSage200Sandbox } from './sage200-sandbox.ts';
