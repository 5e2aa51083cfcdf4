import { type ConsoleOptions, consolePageOf } from '../../console/index.ts';
import { packedAnswer, packText } from '../answers/packed-text.ts';
import type { Route } from './route.ts';

export function createConsoleRoute(options: ConsoleOptions): Route {
  const { html, contentSecurityPolicy } = consolePageOf(options);
  const packed = packText(html);
  return {
    path: '/',
    access: 'page',
    handlers: {
      GET: async ({ headers }) =>
        packedAnswer(await packed, headers, {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'private, no-cache',
          'content-security-policy': contentSecurityPolicy,
        }),
    },
  };
}
