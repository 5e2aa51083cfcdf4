import { findRoute } from './find-route.ts';
import {
  isPreflight,
  type Refusal,
  type RequestHead,
  type RequestRules,
  refuseRequest,
} from './intake/request-checks.ts';
import type { CallerRoute, Exchange, Method, Route } from './routes/route.ts';

/** Who must be identified before the answer. A visitor is somebody without credentials, if these are not required. */
export type CallerCheck = 'nobody' | 'caller' | 'caller or visitor' | 'metrics';

/** What happens to a request, decided from its head. */
export type Decision =
  | { readonly kind: 'refuse'; readonly check: CallerCheck; readonly refusal: Refusal }
  | { readonly kind: 'allow'; readonly check: 'nobody'; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'run'; readonly check: CallerCheck; readonly route: Route; readonly method: Method };

/** Decides only by what is already there, without reading or waiting. */
export function decideRequest(
  rules: RequestRules,
  routes: readonly Route[],
  head: RequestHead & Pick<Exchange, 'path' | 'remoteAddress'>,
): Decision {
  const found = findRoute(routes, head.path, head);
  const refusal = refuseRequest(rules, head, 'route' in found && found.route.takesForeignPosts);
  if (refusal) return { kind: 'refuse', check: 'nobody', refusal };
  // A preflight comes from the browser itself, without credentials; only allowed origins and the gateway's own get this far.
  if (isPreflight(head)) return PREFLIGHT;
  if ('status' in found && head.method === 'OPTIONS' && found.headers) return { ...PREFLIGHT, headers: found.headers };
  if ('status' in found) return { kind: 'refuse', check: checkFor(PAGE, head), refusal: found };
  return { kind: 'run', check: checkFor(found.route, head), ...found };
}

const PREFLIGHT = { kind: 'allow', check: 'nobody' } as const satisfies Decision;

/** Unknown paths are treated like pages. */
const PAGE = { access: 'page' } as const;

function checkFor(
  route: Pick<Route, 'access'> & Pick<CallerRoute, 'takesVisitors'>,
  { headers }: RequestHead,
): CallerCheck {
  const isAnonymous = headers['authorization'] === undefined;
  switch (route.access) {
    case 'open':
      return 'nobody';
    case 'page':
      // Wrong credentials are refused everywhere, but pages need no credentials.
      return isAnonymous ? 'nobody' : 'caller';
    case 'caller':
      return isAnonymous && route.takesVisitors ? 'caller or visitor' : 'caller';
    case 'metrics':
      return 'metrics';
  }
}
