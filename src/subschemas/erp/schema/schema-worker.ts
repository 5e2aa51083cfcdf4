// The thread that `createSchemaReader` starts: one answer in, one packed schema out, in order.
import { parentPort } from 'node:worker_threads';
import { readIntrospection } from './read-introspection.ts';

/** What the worker says: first that it is there, then once for each answer. */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'read'; readonly digest: string; readonly packed: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly reason: string };

parentPort?.on('message', (answer: Uint8Array) => {
  const message = read(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength));
  parentPort?.postMessage(message, message.kind === 'read' ? [message.packed.buffer] : []);
});
say({ kind: 'ready' });

function say(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

function read(answer: Buffer): WorkerMessage {
  try {
    const found = readIntrospection(answer);
    if (!found) return { kind: 'none' };
    return { kind: 'read', digest: found.digest, packed: new Uint8Array(found.packed) };
  } catch (error) {
    return { kind: 'unreadable', reason: error instanceof Error ? error.message : 'for no reason that is known' };
  }
}
