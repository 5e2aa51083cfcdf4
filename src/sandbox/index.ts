export type { ClockSettings, CutAt, Fault, LoggedRequest } from './control.ts';
export type { SandboxCredentials } from './credentials.ts';
export { fingerprint } from './fingerprint.ts';
export type { IssueOptions, Renewal, SageIdSandbox, SandboxUser } from './sage-id/index.ts';
export type { RowChange, Sage200Timing } from './sage200/index.ts';
export { type SandboxServer, startSandboxServer } from './sandbox-server.ts';
export type { CompanyKey } from './seed/index.ts';
export { type SimulatedSystem, SYSTEMS } from './servers.ts';
export { type Sandbox, type SandboxOptions, startSandbox } from './start-sandbox.ts';
