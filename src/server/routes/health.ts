import { jsonAnswer } from '../answers/answer.ts';
import type { Readiness } from '../server-options.ts';
import type { Route } from './route.ts';

export interface HealthRoutesOptions {
  readonly ready: () => Promise<Readiness>;
  readonly isStopping: () => boolean;
}

/** `/healthz`: the process is alive. `/readyz`: operations can be served; an upstream that is down does not change that. */
export function createHealthRoutes({ ready, isStopping }: HealthRoutesOptions): readonly Route[] {
  return [
    { path: '/healthz', access: 'open', handlers: { GET: () => jsonAnswer(200, { status: 'alive' }) } },
    {
      path: '/readyz',
      access: 'open',
      handlers: {
        async GET() {
          if (isStopping()) return jsonAnswer(503, { status: 'stopping' });
          const { ready: isReady, checks } = await ready();
          return jsonAnswer(isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', checks });
        },
      },
    },
  ];
}
