import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Presentation } from './judge.ts';

export interface SageIdWitness extends AsyncDisposable {
  /** The token endpoint under an address of one process's own, so that it is known who sends. */
  tokenUrlOf(process: string): string;
  readonly presentations: readonly Presentation[];
  /** Every token that went through, either way, by a name of its own. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Who sends a refresh token next. */
  nextSender(): Promise<string>;
}

export interface SageIdWitnessOptions {
  /** The real token endpoint. */
  readonly tokenUrl: string;
  /** The refresh token that the vault holds at this moment. */
  readonly readStored: () => Promise<string | undefined>;
}

type Seen = { -readonly [Key in keyof Presentation]: Presentation[Key] };

/**
 * Stands between the gateways and Sage ID's token endpoint and notes who sent which refresh token when, what the vault
 * held then, and whether the answer arrived. What was sent is carried out, also for a sender that is killed over it.
 */
export async function startSageIdWitness({ tokenUrl, readStored }: SageIdWitnessOptions): Promise<SageIdWitness> {
  const presentations: Seen[] = [];
  const secrets = new Map<string, string>();
  let waiting: ((process: string) => void)[] = [];

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(request);
    const seen: Seen = {
      token: new URLSearchParams(body).get('refresh_token') ?? '',
      by: (request.url ?? '').split('/')[1] ?? '',
      at: Date.now(),
      isStored: false,
      status: undefined,
      answeredAt: undefined,
      lostAt: undefined,
    };
    response.once('finish', () => {
      seen.answeredAt = Date.now();
    });
    response.once('close', () => {
      if (seen.answeredAt === undefined) seen.lostAt = Date.now();
    });
    seen.isStored = (await readStored()) === seen.token;
    presentations.push(seen);
    for (const tell of waiting.splice(0)) tell(seen.by);
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    const upstream = await fetch(tokenUrl, { method: 'POST', headers, body });
    const text = await upstream.text();
    seen.status = upstream.status;
    keepTokens(text, secrets);
    response.writeHead(upstream.status, { 'content-type': upstream.headers.get('content-type') ?? '' }).end(text);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    tokenUrlOf: (process) => `http://127.0.0.1:${port}/${process}/oauth/token`,
    presentations,
    secrets,
    nextSender: () =>
      new Promise((resolve) => {
        waiting = [...waiting, resolve];
      }),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function keepTokens(text: string, secrets: Map<string, string>): void {
  for (const [, name = '', value = ''] of text.matchAll(/"((?:access|refresh|id)_token)":"([^"]+)"/g))
    secrets.set(`${name} ${secrets.size + 1}`, value);
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
