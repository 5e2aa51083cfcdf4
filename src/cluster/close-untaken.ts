import type { Worker } from 'node:cluster';

interface Connection {
  close(): void;
}

/**
 * Node accepts connections in the first process and passes each on to a worker, one at a time. When the worker ends
 * before it took the one under way, Node forgets that connection without closing it, and its client would wait for ever.
 * Here it is closed, so that the client knows, as with every request that was running there.
 */
export function closeUntaken(worker: Worker): void {
  let underWay: Connection | undefined;
  const { process: child } = worker;
  const send = child.send.bind(child) as (...parts: unknown[]) => boolean;
  child.send = (...parts: unknown[]) => {
    const [message, handle] = parts;
    // What Node says to its workers is not documented. Should it change, the connection is not closed, and no more.
    if (isNewConnection(message) && isConnection(handle)) underWay = handle;
    return send(...parts);
  };
  // Closing one that was taken, and with that closed already, does nothing.
  worker.once('exit', () => underWay?.close());
}

const isNewConnection = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'act' in message && message.act === 'newconn';

const isConnection = (handle: unknown): handle is Connection =>
  typeof handle === 'object' && handle !== null && 'close' in handle && typeof handle.close === 'function';
