/** Why the server cannot listen, and what to do about it. */
export function toListenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const message = MESSAGES[error.code ?? '']?.(host, port) ?? `The gateway cannot listen on ${host}:${port}.`;
  return new Error(message, { cause: error });
}

const MESSAGES: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) =>
    `Port ${port} on ${host} is in use by another program. Choose another one: PORT=${next(port)} npm start, or server.port in gateway.yaml.`,
  EACCES: (_host, port) =>
    `This user may not listen on port ${port}. Choose one above 1023: PORT=4000 npm start, or server.port in gateway.yaml.`,
  EADDRNOTAVAIL: (host) => `${host} is not an address of this machine. Correct HOST or server.host in gateway.yaml.`,
  ENOTFOUND: (host) => `The name ${host} cannot be resolved. Correct HOST or server.host in gateway.yaml.`,
};

const next = (port: number) => (port < 65_535 ? port + 1 : 4000);
