export type { AccessQuestion, VerifiedUser, VerifyAccessToken } from './access.ts';
export type { RowChange } from './handle-request.ts';
export type { OwnRows } from './own-rows.ts';
export { readRowsFolder } from './read-rows-folder.ts';
export {
  type Sage200Sandbox,
  type Sage200SandboxOptions,
  type Sage200Timing,
  startSage200Sandbox,
} from './sage200-sandbox.ts';
