import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import {
  type CallerRequest,
  type CallersConfig,
  type CallersOptions,
  createCallers,
  createSourceRights,
} from '../../src/callers/index.ts';
import { Secret } from '../../src/kit/errors/index.ts';
import type { Send } from '../../src/kit/http/index.ts';
import { createHereCheck, type ReachSettings } from '../../src/kit/this-machine.ts';
import { SOURCES } from '../../src/subschemas/sources.ts';
import { createPassThroughTokenSource } from '../../src/tokens/index.ts';

export const KEY = 'sgk_MARKER0123456789abcdef';
export const SHOP = {
  name: 'web-shop',
  sha256: createHash('sha256').update(KEY).digest('hex'),
  connection: 'finance',
  companies: [{ site: 's1', company: '1' }],
  tenants: ['acme', 'removed'],
  readOnly: true,
  admin: false,
} as const;
const NOBODY: Partial<CallersConfig> = { passThrough: false, apiKeys: [], jwt: [] };

export const HERE: ReachSettings = { host: '127.0.0.1', publicUrl: 'http://localhost:4000' };

const noNetwork: Send = async () => {
  throw new Error('no network here');
};

export function createWorld(config: Partial<CallersConfig>, changes: Partial<CallersOptions> = {}) {
  const tokens = createPassThroughTokenSource(new Secret('at'));
  const consent = { connection: 'finance', consent: 1, subject: 'auth0|jane', key: 'consent:finance#1', tokens };
  const callers = createCallers({
    config: { ...NOBODY, ...config },
    isHere: createHereCheck(HERE),
    connection: (name) => (name === 'finance' ? consent : undefined),
    sageId: { issuer: 'https://id.example/', audience: 'sage200', clockToleranceMs: 30_000, clientId: 'gateway' },
    companiesOf: async () => [],
    knownTenants: ['acme', 'other'],
    rights: createSourceRights(SOURCES),
    send: noNetwork,
    ...changes,
  });
  // Some are known at once, some later, and some are refused at once.
  return { identify: async (request: CallerRequest) => callers.identify(request) };
}

export const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
export const FROM_HERE = { headers: { host: 'localhost:4000' }, remoteAddress: '127.0.0.1' };
export const TRY_AGAIN = { code: 'UPSTREAM_UNAVAILABLE', retryAfter: expect.any(Number) };
export const REFUSED = { code: 'UNAUTHENTICATED', connectUrl: '/connect/sage200' };
