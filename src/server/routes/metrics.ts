import type { Registry } from 'prom-client';
import { GatewayError } from '../../kit/errors/index.ts';
import type { Principal } from '../../kit/principal.ts';
import type { ArrivedRequest } from '../../kit/this-machine.ts';
import type { Answer } from '../answers/answer.ts';
import type { Route } from './route.ts';

export interface MetricsRoutesOptions {
  readonly registry: Registry;
  /** Whether the sender may administer the gateway without credentials. */
  readonly isAdminHere: (request: ArrivedRequest) => boolean;
}

/** `/metrics` for Prometheus: callers with `metrics` or `admin`, or anybody at this machine if no callers are configured. */
export function createMetricsRoutes({ registry, isAdminHere }: MetricsRoutesOptions): readonly Route[] {
  const GET = async (): Promise<Answer> => ({
    status: 200,
    headers: { 'content-type': registry.contentType, 'cache-control': 'no-store' },
    body: await registry.metrics(),
  });
  return [
    { path: '/metrics', access: 'page', matches: isAdminHere, handlers: { GET } },
    { path: '/metrics', access: 'metrics', handlers: { GET } },
  ];
}

/** @throws GatewayError FORBIDDEN */
export function requireMetrics({ admin, metrics = false }: Pick<Principal, 'admin' | 'metrics'>): void {
  if (admin || metrics) return;
  throw new GatewayError('FORBIDDEN', 'Only callers with metrics: true or admin: true may see this.');
}
