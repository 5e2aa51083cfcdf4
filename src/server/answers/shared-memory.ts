import type { Socket } from 'node:net';
import { type Body, MOST_BYTES_A_CHARACTER, writeBody } from '../../kit/http/index.ts';
import { SharedBuffer } from '../../kit/shared-buffer.ts';

/**
 * Memory in which answers are put together, one after the other. An answer of its own memory costs two more copies of it, and
 * is garbage by the time the next one is made; at some ten kilobytes each it is what fills V8's heap under load.
 *
 * @param longest in characters, or in bytes where they are known
 */
export function createSharedMemory(longest: number) {
  const size = longest * MOST_BYTES_A_CHARACTER;
  const memory = new SharedBuffer({ make: () => Buffer.allocUnsafeSlow(size) });
  return {
    /** Hands the bytes of a body to `send`, which has to write them to the socket before it returns. */
    lend(body: Body, socket: Pick<Socket, 'writableLength'> | null, send: (bytes: Buffer) => undefined): void {
      const [only, second] = body;
      if (second === undefined && Buffer.isBuffer(only)) {
        send(only);
        return;
      }
      memory.use((bytes, keep) => {
        send(bytes.subarray(0, writeBody(body, bytes)));
        // What the system has not taken yet, or what waits for an earlier answer on the same connection, keeps the memory.
        if (!socket || socket.writableLength > 0) keep();
      });
    },
  };
}
