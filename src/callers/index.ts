export type { CallerKind, CallerRequest } from './caller-kind.ts';
export { callerKindsSdl } from './caller-kinds-sdl.ts';
export { createCallerMetrics } from './caller-metrics.ts';
export { type CallersOptions, connectionsNamedIn, createCallers, isWithoutCallers } from './create-callers.ts';
export { CALLER_KINDS, type CallersConfig } from './kinds/index.ts';
export { createSourceRights } from './source-rights.ts';
