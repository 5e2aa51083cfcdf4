import type { IncomingMessage, ServerResponse } from 'node:http';

/** What the stub can be told while it runs: PUT `/__control` with any of these. */
export interface StubState {
  /** Every answer but a token's comes that many ms later. */
  delayMs: number;
  accessTokenSeconds: number;
  /** The share of requests that fail, 0 to 1: a 503, a cut connection, a gateway's HTML, or no answer for three seconds. */
  faultShare: number;
  /** Whose requests to Sage 200 fail then; the others' never do. The ERP knows no callers: there all may fail. */
  faultyConnections: readonly string[];
  /** Names in the answers carry the connection that asked, so that a mixed-up answer shows. */
  markCallers: boolean;
  /** Every answer differs from the one before. */
  changing: boolean;
  /** A higher one is a tenant after an update: its schema has grown. */
  erpRelease: number;
}

/** Longer than the deadline of the gateway that is tested for it. */
const HANG_MS = 3_000;

type Fault = (incoming: IncomingMessage, answer: ServerResponse) => void;

const FAULTS: readonly Fault[] = [
  (_incoming, answer) => answer.writeHead(503, { 'retry-after': '1' }).end(),
  (incoming) => incoming.socket.destroy(),
  (_incoming, answer) => answer.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>'),
  (incoming) => void setTimeout(() => incoming.socket.destroy(), HANG_MS),
];

/** The stub's switches and counters. `GET /__count` gives the requests so far, by system. */
export function createControl() {
  const state: StubState = {
    delayMs: 0,
    accessTokenSeconds: 28_800,
    faultShare: 0,
    faultyConnections: [],
    markCallers: false,
    changing: false,
    erpRelease: 1,
  };
  const count = { sage200: 0, erp: 0, tokens: 0, introspections: 0, faults: 0 };
  let faultsDue = 0;
  return {
    state,
    count,
    /** Spread evenly, so that a share is kept over any length of time. @param connection whose token asked, at Sage 200 */
    nextFault(connection?: string): Fault | undefined {
      if (state.faultShare === 0) return undefined;
      if (connection !== undefined && !state.faultyConnections.includes(connection)) return undefined;
      faultsDue += state.faultShare;
      if (faultsDue < 1) return undefined;
      faultsDue -= 1;
      count.faults += 1;
      return FAULTS[count.faults % FAULTS.length];
    },
    handle(incoming: IncomingMessage, answer: ServerResponse, body: string): void {
      if (incoming.method === 'PUT') Object.assign(state, JSON.parse(body));
      answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(count));
    },
  };
}
