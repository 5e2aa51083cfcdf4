import type { SandboxResponse } from '../../sandbox-server.ts';
import type { PaymentsOutSwitches } from '../switches.ts';

/** A refused request, with the sandbox's own reason: Sage publishes none. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
};

/** The form of an error body is not published, so it is a switch. A 401 has none, whatever the switch says. */
function refusalAnswer(
  status: number,
  detail: string,
  { errorBody, retryAfter }: PaymentsOutSwitches,
): SandboxResponse {
  const headers = status === 429 && retryAfter !== null ? { 'retry-after': String(retryAfter) } : {};
  if (status === 401 || errorBody === 'empty') return { status, headers };
  if (errorBody === 'message') return { status, headers, body: { message: detail } };
  if (errorBody === 'diagnoses') {
    return { status, headers, body: { $diagnoses: [{ $severity: 'error', $message: detail }] } };
  }
  return {
    status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
    body: { type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail },
  };
}

/** Converts a refusal to an answer. @throws other errors */
export function toRefusalAnswer(error: unknown, switches: PaymentsOutSwitches): SandboxResponse {
  if (error instanceof Refusal) return refusalAnswer(error.status, error.message, switches);
  throw error;
}
