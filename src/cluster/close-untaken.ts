import type { Worker } from 'node:cluster';

interface Connection {
  close(): void;
}

/**
 * Node accepts connections in the first process and passes each on to a worker, which says whether it takes it. When the worker
 * ends before it has said so, Node forgets the connection without closing it, and its client would wait for ever. Here it is
 * closed, so that the client knows, as with every request that was running there. One that was refused is not touched: Node
 * passes it on to another worker.
 */
export function closeUntaken(worker: Worker): void {
  const untaken = new Map<number, Connection>();
  const { process: child } = worker;
  const send = child.send.bind(child) as (...parts: unknown[]) => boolean;
  child.send = (...parts: unknown[]) => {
    const [message, handle] = parts;
    // What Node says to its workers is not documented. Should it change, the connection is not closed, and no more.
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
  // Its last replies are read by then, unlike at its `exit`. One that was killed may never be said to have disconnected.
  worker.once('disconnect', close);
  worker.once('exit', () => setTimeout(close, LAST_REPLIES_MS).unref());
}

/** ms in which the last replies of a worker that has ended are read. */
const LAST_REPLIES_MS = 500;

const isNewConnection = (message: unknown): message is { readonly seq: number } =>
  isObject(message) && message['act'] === 'newconn' && typeof message['seq'] === 'number';

const isReply = (message: unknown): message is { readonly ack: number } =>
  isObject(message) && typeof message['ack'] === 'number';

const isConnection = (handle: unknown): handle is Connection =>
  isObject(handle) && typeof handle['close'] === 'function';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
