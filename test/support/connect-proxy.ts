import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ConnectProxy extends Disposable {
  readonly port: number;
  /** What it was asked to connect to, and with which credentials. */
  readonly asked: { readonly authority: string; readonly credentials: string | undefined }[];
}

/**
 * An outbound proxy: whatever host it is asked for, it leads to a port of this machine.
 * @param onConnect what it does instead
 */
export async function startConnectProxy(port: number, onConnect?: (socket: Duplex) => void): Promise<ConnectProxy> {
  const asked: ConnectProxy['asked'] = [];
  const proxy = createServer((_, response) => response.writeHead(400).end());
  const sockets = new Set<Duplex>();
  proxy.on('connect', ({ url = '', headers }, socket: Duplex) => {
    sockets.add(socket);
    asked.push({ authority: url, credentials: headers['proxy-authorization'] });
    if (onConnect) return onConnect(socket);
    const through = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
    through.on('error', () => socket.destroy());
    socket.on('error', () => through.destroy());
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  return {
    asked,
    port: (proxy.address() as AddressInfo).port,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
