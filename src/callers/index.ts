export type { CallerRequest } from './anonymous.ts';
export { API_KEY_PREFIX } from './api-key.ts';
export type {
  AnonymousSettings,
  ApiKeySettings,
  CallersSettings,
  FindConnection,
  JwtSettings,
  PassThroughSettings,
  SessionSettings,
} from './callers-settings.ts';
export { type Callers, type CallersOptions, createCallers, isWithoutCallers } from './create-callers.ts';
export { mayUse, mayUseTenant } from './may-use.ts';
export type { CompanyRef, Principal, Sage200Identity } from './principal.ts';
export type { SageTokenRules } from './sage-token.ts';
