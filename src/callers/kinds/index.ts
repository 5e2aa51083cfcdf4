import type { CallerKind, CallersConfig as ConfigOf } from '../caller-kind.ts';
import { anonymous } from './anonymous.ts';
import { apiKey } from './api-key.ts';
import { jwt } from './jwt.ts';
import { passThrough } from './pass-through.ts';
import { session } from './session.ts';

/** Every kind of caller, in the order of checking: a key by its prefix, a JWT by its issuer, and only then Sage is asked about the rest. */
export const CALLER_KINDS = [apiKey, jwt, passThrough, session, anonymous] as const satisfies readonly CallerKind[];

/** The `callers` section of the configuration. */
export type CallersConfig = ConfigOf<typeof CALLER_KINDS>;
