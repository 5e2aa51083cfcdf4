import type { Registry } from 'prom-client';
import { GatewayError } from '../../kit/errors/index.ts';
import type { Answer } from '../answers/answer.ts';
import { isLoopbackHost, type RequestHead } from '../intake/request-checks.ts';
import type { Route } from './route.ts';

export interface MetricsRoutesOptions {
  readonly registry: Registry;
  readonly adminOpen: boolean;
}

/** `/metrics` for Prometheus: callers with `admin`, or anybody at this machine while there are no callers. */
export function createMetricsRoutes({ registry, adminOpen }: MetricsRoutesOptions): readonly Route[] {
  const GET = async (): Promise<Answer> => ({
    status: 200,
    headers: { 'content-type': registry.contentType, 'cache-control': 'no-store' },
    body: await registry.metrics(),
  });
  const isOpenTo = (head: RequestHead) => adminOpen && isLoopbackHost(head) && !wasForwarded(head);
  return [
    { path: '/metrics', access: 'page', matches: isOpenTo, handlers: { GET } },
    { path: '/metrics', access: 'admin', handlers: { GET } },
  ];
}

/** What comes through a proxy comes from somewhere else, whatever name it was sent to. */
function wasForwarded({ headers }: RequestHead): boolean {
  return Object.keys(headers).some((name) => name === 'forwarded' || name.startsWith('x-forwarded-'));
}

export function requireAdmin(principal: { readonly admin: boolean }): void {
  if (principal.admin) return;
  throw new GatewayError('FORBIDDEN', 'Only callers with admin: true may see this.');
}
