import { GatewayError } from '../../kit/errors/index.ts';
import { single } from '../../kit/http/index.ts';
import { failurePage } from './page.ts';
import type { ConsentAnswer, ConsentExchange } from './route-types.ts';
import { SignInFailure } from './sign-in-failure.ts';

/** People get pages, programs get the server's JSON. */
export function asPage(
  { basePath }: { readonly basePath: () => string },
  handler: (exchange: ConsentExchange) => Promise<ConsentAnswer>,
) {
  return async (exchange: ConsentExchange): Promise<ConsentAnswer> => {
    try {
      return await handler(exchange);
    } catch (error) {
      if (!(error instanceof GatewayError) || !wantsHtml(exchange)) throw error;
      const { message, code, retryAfter } = error;
      const title = code === 'RATE_LIMITED' ? 'Too many attempts' : 'Not possible';
      return failurePage(new SignInFailure(message, { code, title, retryAfter }), basePath());
    }
  };
}

export const wantsHtml = ({ headers }: ConsentExchange) => (single(headers['accept']) ?? '').includes('text/html');

export const wantsJson = (exchange: ConsentExchange) =>
  (single(exchange.headers['accept']) ?? '').includes('application/json') && !wantsHtml(exchange);

/** 303: whatever the method was, what follows is a GET. */
export const redirect = (location: string): ConsentAnswer => ({
  status: 303,
  headers: { location, 'cache-control': 'no-store' },
});

export const json = (status: number, value: unknown): ConsentAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: JSON.stringify(value),
});

export const toIso = (at: number) => new Date(at).toISOString();
