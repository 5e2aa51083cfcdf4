export type { AccessQuestion, VerifiedUser, VerifyAccessToken } from './access.ts';
export type { RowChange } from './handle-request.ts';
export {
  type Sage200Sandbox,
  type Sage200SandboxOptions,
  type Sage200Timing,
  startSage200Sandbox,
} from './sage200-sandbox.ts';
