/**
 * The one upstream of the whole comparison: Sage ID's token endpoint, Sage 200's REST API and an ERP tenant with its
 * token API, on two ports. It makes each answer once and then gives it from memory, so that its own work is small
 * and equal for everybody. It checks tokens, counts requests, and delays or fails them when told to.
 *
 * Prints its addresses as JSON when ready.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createChanger } from './stub/changing.ts';
import { createControl } from './stub/control.ts';
import { answerErp, buildErpSchema } from './stub/erp-schema.ts';
import { answerRead } from './stub/sage200-answers.ts';
import { createTokens } from './stub/tokens.ts';

const SAGE200_BASE = '/v1/';
const ERP_PATH = '/tenant/api';
/** Answers kept; anyone who asks for more different things than this measures the stub. */
const MAX_REMEMBERED = 5_000;

const control = createControl();
const tokens = createTokens(() => control.state.accessTokenSeconds);
const change = createChanger();
const remembered = new Map<string, Promise<Buffer | undefined>>();
let erp = { release: 0, schema: buildErpSchema() };

const sage200 = await listen(async (incoming, answer, body) => {
  const { url = '' } = incoming;
  if (url.startsWith('/__')) return control.handle(incoming, answer, body);
  if (url === '/oauth/token') return sendToken(answer, tokens.renewSageId(body));
  if (url === '/oauth/revoke') return void answer.writeHead(200).end();
  control.count.sage200 += 1;
  const connection = tokens.sage200CallerOf(incoming.headers.authorization);
  if (connection === undefined) return refuse(answer);
  const marked = control.state.markCallers ? connection : '';
  const key = `${marked} ${url}`;
  return answerLater({ incoming, answer, key, connection }, async () => {
    const text = url.startsWith(SAGE200_BASE) ? answerRead(url.slice(SAGE200_BASE.length)) : undefined;
    return marked ? text?.replaceAll('"name":"', `"name":"${marked} `) : text;
  });
});

const erpOrigin = await listen(async (incoming, answer, body) => {
  if (incoming.url === '/v1/token') {
    if (incoming.method === 'DELETE') return void answer.writeHead(204).end();
    return sendToken(answer, tokens.obtainErp(erpOrigin, ERP_PATH));
  }
  if (incoming.url === '/v1/token/renew')
    return sendToken(answer, tokens.renewErp(incoming.headers.authorization, erpOrigin, ERP_PATH));
  control.count.erp += 1;
  if (!tokens.isErpToken(incoming.headers.authorization)) return refuse(answer);
  if (erp.release !== control.state.erpRelease)
    erp = { release: control.state.erpRelease, schema: buildErpSchema(control.state.erpRelease) };
  const isSchema = body.includes('__schema');
  if (isSchema) control.count.introspections += 1;
  return answerLater({ incoming, answer, key: `${erp.release} ${body}`, isSchema }, () => answerErp(erp.schema, body));
});

process.stdout.write(
  `${JSON.stringify({ sage200, erp: erpOrigin, sage200BaseUrl: sage200 + SAGE200_BASE.slice(0, -1), erpGraphqlUrl: erpOrigin + ERP_PATH })}\n`,
);
process.on('SIGTERM', () => process.exit(0));

interface Asked {
  readonly incoming: IncomingMessage;
  readonly answer: ServerResponse;
  /** What the answer depends on. */
  readonly key: string;
  readonly connection?: string;
  /** A schema stays the same while data changes. */
  readonly isSchema?: boolean;
}

async function answerLater(
  { incoming, answer, key, connection, isSchema = false }: Asked,
  make: () => Promise<string | undefined>,
): Promise<void> {
  const fault = control.nextFault(connection);
  if (fault) return fault(incoming, answer);
  let known = remembered.get(key);
  if (!known) {
    known = make().then((text) => (text === undefined ? undefined : Buffer.from(text)));
    if (remembered.size < MAX_REMEMBERED) remembered.set(key, known);
  }
  const content = await known;
  if (content === undefined) process.stderr.write(`The stub knows no answer to ${incoming.method} ${incoming.url}\n`);
  const { delayMs, changing } = control.state;
  const sent = changing && content && !isSchema ? change(content) : content;
  if (delayMs > 0) setTimeout(send, delayMs, answer, sent);
  else send(answer, sent);
}

function send(answer: ServerResponse, content: Buffer | undefined): void {
  if (content === undefined) answer.writeHead(404).end();
  else answer.writeHead(200, { 'content-type': 'application/json', 'content-length': content.length }).end(content);
}

function sendToken(answer: ServerResponse, token: object | undefined): void {
  control.count.tokens += 1;
  const content = JSON.stringify(token ?? { error: 'invalid_grant' });
  answer.writeHead(token ? 200 : 403, { 'content-type': 'application/json' }).end(content);
}

const refuse = (answer: ServerResponse): void => void answer.writeHead(401).end();

async function listen(
  handle: (incoming: IncomingMessage, answer: ServerResponse, body: string) => Promise<void> | void,
): Promise<string> {
  const server = createServer((incoming, answer) => {
    if (incoming.method === 'GET') {
      incoming.resume();
      void handle(incoming, answer, '');
      return;
    }
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => void handle(incoming, answer, Buffer.concat(chunks).toString()));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 1_024, resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
