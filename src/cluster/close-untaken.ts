import type { Worker } from 'node:cluster';

interface Connection {
  close(): void;
}

/**
 * Node accepts connections in the main process and passes each one to a worker, which replies whether it takes it. If the
 * worker ends before it replies, Node forgets the connection without closing it, and its client would wait for ever. This
 * closes it, so that the client notices, as for every request that was running there. A refused connection is not touched:
 * Node passes it to another worker.
 */
export function closeUntaken(worker: Worker): void {
  const untaken = new Map<number, Connection>();
  const { process: child } = worker;
  const send = child.send.bind(child) as (...parts: unknown[]) => boolean;
  child.send = (...parts: unknown[]) => {
    const [message, handle] = parts;
    // Node's messages to workers are not documented. If they change, the connection is not closed, but nothing else fails.
    if (isNewConnection(message) && isConnection(handle)) untaken.set(message.seq, handle);
    return send(...parts);
  };
  child.on('internalMessage', (message: unknown) => {
    if (isReply(message)) untaken.delete(message.ack);
  });
  const close = () => {
    for (const connection of untaken.values()) connection.close();
    untaken.clear();
  };
  // Its last replies have been read by then, unlike at `exit`. A killed worker may never emit `disconnect`.
  worker.once('disconnect', close);
  worker.once('exit', () => setTimeout(close, LAST_REPLIES_MS).unref());
}

/** ms for reading the last replies of a worker that has ended. */
const LAST_REPLIES_MS = 500;

const isNewConnection = (message: unknown): message is { readonly seq: number } =>
  isObject(message) && message['act'] === 'newconn' && typeof message['seq'] === 'number';

const isReply = (message: unknown): message is { readonly ack: number } =>
  isObject(message) && typeof message['ack'] === 'number';

const isConnection = (handle: unknown): handle is Connection =>
  isObject(handle) && typeof handle['close'] === 'function';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
