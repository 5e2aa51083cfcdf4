import { IncomingMessage } from 'node:http';

/**
 * The same request again, with a body that can still be read: a server that has read the body itself can pass the request
 * to a library that also reads it. `changes` replace parts of it.
 */
export function replayRequest(
  request: IncomingMessage,
  body: Buffer,
  changes: { readonly url?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): IncomingMessage {
  const copy = new IncomingMessage(request.socket);
  copy.method = request.method ?? 'GET';
  copy.url = changes.url ?? request.url ?? '/';
  copy.headers = { ...request.headers, ...changes.headers };
  copy.rawHeaders = Object.entries(copy.headers).flatMap(([name, value]) => [name, String(value)]);
  copy.httpVersion = request.httpVersion;
  copy.httpVersionMajor = request.httpVersionMajor;
  copy.httpVersionMinor = request.httpVersionMinor;
  // Without it, the end of the copy would count as an aborted request and close the connection.
  copy.complete = true;
  if (body.length > 0) copy.push(body);
  copy.push(null);
  return copy;
}
