import type { Refusal, RequestHead } from './intake/request-checks.ts';
import type { Method, Route } from './routes/route.ts';

export interface FoundRoute {
  readonly route: Route;
  readonly method: Method;
}

/** The route for a request, or why there is none: 404 and 405 list what exists. */
export function findRoute(routes: readonly Route[], path: string, head: RequestHead): FoundRoute | Refusal {
  const method = toMethod(head.method);
  if (method) {
    for (const route of routes) {
      if (route.path === path && route.handlers[method] && (route.matches?.(head) ?? true)) return { route, method };
    }
  }
  const candidates = routes.filter((route) => route.path === path);
  return candidates.length === 0 ? notFound(routes) : notAllowed(path, candidates, head);
}

/** HEAD is a GET whose body is not sent. */
function toMethod(method: string): Method | undefined {
  if (method === 'HEAD') return 'GET';
  return method === 'GET' || method === 'POST' || method === 'DELETE' ? method : undefined;
}

function notFound(routes: readonly Route[]): Refusal {
  const paths = [...new Set(routes.map(({ path }) => path))].join(', ');
  return { status: 404, code: 'BAD_USER_INPUT', message: `There is nothing at this path. The paths are ${paths}.` };
}

function notAllowed(path: string, candidates: readonly Route[], head: RequestHead): Refusal {
  const withHead = { ...head, method: 'HEAD' };
  const found = candidates.flatMap(({ handlers, matches }) => [
    ...Object.keys(handlers),
    ...(handlers.GET && (matches?.(withHead) ?? true) ? ['HEAD'] : []),
  ]);
  const methods = [...new Set(found)].sort().join(', ');
  return {
    status: 405,
    code: 'BAD_USER_INPUT',
    message: `${path} only accepts ${methods}.`,
    headers: { allow: methods },
  };
}
