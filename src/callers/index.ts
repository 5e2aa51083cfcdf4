export type {
  CallerCheck,
  CallerKind,
  CallerParts,
  CallerRequest,
  CallersConfig as CallersConfigOf,
  FindConnection,
} from './caller-kind.ts';
export { callerKindsSdl } from './caller-kinds-sdl.ts';
export { createCallerMetrics } from './caller-metrics.ts';
export {
  type Callers,
  type CallersOptions,
  connectionsNamedIn,
  createCallers,
  isWithoutCallers,
} from './create-callers.ts';
export { CALLER_KINDS, type CallersConfig } from './kinds/index.ts';
export type { SageTokenRules } from './sage-token.ts';
