import { createServer, type IncomingMessage } from 'node:http';

export interface RecordingProxy extends AsyncDisposable {
  readonly url: string;
  /** Every bearer token, refresh token and access token that went through, either way. */
  readonly secrets: ReadonlySet<string>;
  /** From now on, anyone who sends a secret is refused with an answer that repeats it; undefined ends that. */
  echo(status: number | undefined): void;
}

const TOKEN_MEMBERS = /^(access_?token|refresh_?token|id_?token)$/i;

/** Stands before an upstream and remembers the secrets that pass, since the sandbox itself logs only their sums. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const secrets = new Set<string>();
  let echoStatus: number | undefined;

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.destroy(),
    );
  });

  const answer = async (request: IncomingMessage) => {
    const body = await readAll(request);
    const own = `http://${request.headers.host}`;
    const sent = secretsOf(request, body);
    for (const secret of sent) secrets.add(secret);
    if (echoStatus !== undefined) return { status: echoStatus, type: 'application/json', body: echoed(sent) };
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const upstream = await fetch(target + (request.url ?? ''), {
      method: request.method ?? 'GET',
      headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
      ...(body && { body }),
      redirect: 'manual',
    });
    const text = (await upstream.text()).replaceAll(target, own);
    for (const secret of tokensIn(text)) secrets.add(secret);
    return { status: upstream.status, type: upstream.headers.get('content-type') ?? 'text/plain', body: text };
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    secrets,
    echo(status) {
      echoStatus = status;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What some services do: they repeat in every text of their error what they were sent. */
function echoed(secrets: readonly string[]): string {
  const said = `refused: ${secrets.map((secret) => `Bearer ${secret}, token=${secret}`).join(' ')}`;
  return JSON.stringify({
    Message: said,
    message: said,
    error: 'server_error',
    error_description: said,
    errors: [{ message: said, extensions: { diagnoses: [{ message: said }] } }],
    $diagnoses: [{ $severity: 'error', $message: said }],
  });
}

function secretsOf({ headers }: IncomingMessage, body: string): string[] {
  const bearer = headers.authorization?.replace(/^Bearer /i, '');
  const named = String(headers['x-tokens'] ?? '').split(';');
  const form = new URLSearchParams(body);
  return [
    bearer,
    ...named.map((each) => each.slice(each.indexOf('=') + 1)),
    form.get('refresh_token'),
    form.get('client_secret'),
    ...tokensIn(body),
  ].filter((text): text is string => typeof text === 'string' && text.length > 8);
}

function tokensIn(text: string): string[] {
  const found: string[] = [];
  try {
    JSON.parse(text, (key, value: unknown) => {
      if (TOKEN_MEMBERS.test(key) && typeof value === 'string') found.push(value);
      return value;
    });
  } catch {
    // Not JSON: nothing to find that way.
  }
  return found;
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
