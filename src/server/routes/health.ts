import type { HealthAnswer } from '../../kit/metrics/index.ts';
import { jsonAnswer } from '../answers/answer.ts';
import type { Readiness } from '../server-options.ts';
import type { Route } from './route.ts';

export interface HealthRoutesOptions {
  readonly ready: () => Promise<Readiness>;
  readonly isStopping: () => boolean;
}

/** Whether operations can be served: status and JSON. */
export async function healthOf({ ready, isStopping }: HealthRoutesOptions): Promise<HealthAnswer> {
  if (isStopping()) return { status: 503, body: JSON.stringify({ status: 'stopping' }) };
  const { ready: isReady, checks } = await ready();
  const body = JSON.stringify({ status: isReady ? 'ready' : 'not ready', checks });
  return { status: isReady ? 200 : 503, body };
}

/** `/healthz`: the process is alive. `/readyz`: operations can be served; it does not depend on upstreams. */
export function createHealthRoutes(options: HealthRoutesOptions): readonly Route[] {
  return [
    { path: '/healthz', access: 'open', handlers: { GET: () => jsonAnswer(200, { status: 'alive' }) } },
    {
      path: '/readyz',
      access: 'open',
      handlers: {
        async GET() {
          const { status, body } = await healthOf(options);
          return { ...jsonAnswer(status, null), body };
        },
      },
    },
  ];
}
