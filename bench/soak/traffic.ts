import { type LoadRequest, post } from '../harness/load.ts';
import type { Side } from '../harness/sides.ts';
import { ONE_CUSTOMER_ID, type Operation, operationOf, operations } from '../operations.ts';

/** What is known of a request beside what is sent. */
export interface Sent {
  readonly operation: Operation;
  /** Stored connection behind it. */
  readonly connection: string;
  /** What the one customer is called in it. */
  readonly alias: string;
}

/** One request in so many is a document that was never sent before: caches of documents must be bounded. */
const NEW_DOCUMENT_EVERY = 20;

/** All operations of all callers in turn, with new documents among them. */
export function createTraffic(side: Side): { next(): LoadRequest; about(request: LoadRequest): Sent | undefined } {
  const known = new WeakMap<LoadRequest, Sent>();
  const connections = side.connections ?? [];
  const remember = (request: LoadRequest, turn: number, operation: Operation, alias = 'customer'): LoadRequest => {
    const connection = connections[turn % connections.length] ?? '';
    known.set(request, { operation, connection, alias });
    return request;
  };
  const usual = connections.flatMap((_, turn) =>
    operations.flatMap((operation) => {
      const request = side.requestsOf(operation)[turn];
      return request ? [remember(request, turn, operation)] : [];
    }),
  );
  const one = operationOf('one');
  const callers = side.requestsOf(one);
  let sent = 0;
  return {
    about: (request) => known.get(request),
    next() {
      sent += 1;
      const [request, caller] = [usual[sent % usual.length], callers[sent % callers.length]];
      if (!request || !caller) throw new Error('There is nothing to send.');
      if (sent % NEW_DOCUMENT_EVERY !== 0) return request;
      const alias = `customer${sent}`;
      const query = `{ sage200 { ${alias}: customer(id: "${ONE_CUSTOMER_ID}") { id reference name balance } } }`;
      return remember(post({ query }, caller.headers), sent, one, alias);
    },
  };
}
