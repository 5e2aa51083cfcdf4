import type { Socket } from 'node:net';
import { type Body, MOST_BYTES_A_CHARACTER, writeBody } from '../../kit/http/index.ts';
import { SharedBuffer } from '../../kit/shared-buffer.ts';

/**
 * Memory in which answers are assembled, one after the other. Separate memory for each answer would cost two more copies and
 * create garbage; at about ten kilobytes each, that is what fills V8's heap under load.
 *
 * @param longest in characters, or in bytes if they are known
 */
export function createSharedMemory(longest: number) {
  const size = longest * MOST_BYTES_A_CHARACTER;
  const memory = new SharedBuffer({ make: () => Buffer.allocUnsafeSlow(size) });
  return {
    /** Passes the bytes of a body to `send`, which must write them to the socket before it returns. */
    lend(body: Body, socket: Pick<Socket, 'writableLength'> | null, send: (bytes: Buffer) => undefined): void {
      const [only, second] = body;
      if (second === undefined && Buffer.isBuffer(only)) {
        send(only);
        return;
      }
      memory.use((bytes, keep) => {
        send(bytes.subarray(0, writeBody(body, bytes)));
        // Bytes that the system has not accepted yet, or that wait for an earlier answer on the connection, still use the memory.
        if (!socket || socket.writableLength > 0) keep();
      });
    },
  };
}
