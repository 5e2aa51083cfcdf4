import type { Worker } from 'node:cluster';

interface Connection {
  close(): void;
}

/**
 * Node accepts connections in the main process and passes each one to a worker, which replies whether it takes it. In two
 * cases Node forgets the connection without closing it, and its client would wait for ever. This closes it, so that the
 * client notices:
 * - The worker ends before it replies.
 * - The worker no longer listens, and neither does any other. As long as one does, Node passes the connection on to it.
 *
 * Node's messages to workers are not documented. If they change, the connection is not closed, but nothing else fails.
 * @returns call it with each worker that is started
 */
export function createUntakenCloser(): (worker: Worker) => void {
  const listening = new Set<Worker>();
  /** Until they are passed on. */
  const refused = new Set<Connection>();

  const closeRefused = () => {
    if (listening.size > 0) return;
    for (const connection of refused) connection.close();
    refused.clear();
  };

  return (worker) => {
    const untaken = new Map<number, Connection>();
    const { process: child } = worker;
    const send = child.send.bind(child) as (...parts: unknown[]) => boolean;
    child.send = (...parts: unknown[]) => {
      const [message, handle] = parts;
      if (isNewConnection(message) && isConnection(handle)) {
        refused.delete(handle);
        untaken.set(message.seq, handle);
      }
      return send(...parts);
    };
    const stopsListening = () => {
      listening.delete(worker);
      closeRefused();
    };
    worker.on('listening', () => listening.add(worker));
    // Before Node itself passes a refused connection on.
    child.prependListener('internalMessage', (message: unknown) => {
      if (isReply(message)) {
        const connection = untaken.get(message.ack);
        untaken.delete(message.ack);
        if (!connection || message.accepted !== false) return;
        refused.add(connection);
        closeRefused();
      } else if (isClosed(message)) stopsListening();
    });
    const close = () => {
      for (const connection of untaken.values()) connection.close();
      untaken.clear();
      stopsListening();
    };
    // Its last replies have been read by then, unlike at `exit`. A killed worker may never emit `disconnect`.
    worker.once('disconnect', close);
    worker.once('exit', () => setTimeout(close, LAST_REPLIES_MS).unref());
  };
}

/** ms for reading the last replies of a worker that has ended. */
const LAST_REPLIES_MS = 500;

const isNewConnection = (message: unknown): message is { readonly seq: number } =>
  isObject(message) && message['act'] === 'newconn' && typeof message['seq'] === 'number';

const isReply = (message: unknown): message is { readonly ack: number; readonly accepted?: unknown } =>
  isObject(message) && typeof message['ack'] === 'number';

/** The worker no longer listens. */
const isClosed = (message: unknown): boolean => isObject(message) && message['act'] === 'close';

const isConnection = (handle: unknown): handle is Connection =>
  isObject(handle) && typeof handle['close'] === 'function';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
