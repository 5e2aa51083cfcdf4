import type { DestinationStream, Logger, LoggerOptions } from 'pino';
import { clip, MAX_TEXT_BYTES, toPrintable, toPrintableJson, wrapLines } from '../text/index.ts';
import { createLineOutput, type LineOutput } from './line-output.ts';

export interface LogOptions {
  readonly level: LoggerOptions['level'] & string;
  /** `auto` is pretty on a terminal and json elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** @default standard output */
  readonly destination?: DestinationStream;
}

/**
 * The process's log. Nothing that carries a secret gets through: requests and responses are reduced to a few known
 * members, errors to their names, codes and messages, and values whose key suggests a credential are masked down to two
 * levels of nesting. Texts, no matter who wrote them, are limited to 16 kB and cannot end a line, control a terminal or
 * change the direction of writing: such characters are escaped in both formats.
 */
export async function createLog({ level, format, destination }: LogOptions): Promise<Logger> {
  // Loaded here so that `--help` and the other short commands do not wait for it.
  const { pino } = await import('pino');
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRET_PATHS, censor: '[secret]' },
    serializers: { err: toLoggedError, error: toLoggedError, req: toLoggedRequest, res: toLoggedResponse },
  };
  const isJson = format === 'json' || (format === 'auto' && (destination !== undefined || !process.stdout.isTTY));
  const toLine = isJson ? toJsonLine : await prettyLines(destination !== undefined);
  standardOutput ??= destination
    ? undefined
    : createLineOutput({ fd: 1, isImmediate: !isJson, onResumed: (dropped) => tellDropped(log, dropped) });
  const output = destination ?? standardOutput;
  const log = pino(options, { write: (line) => output?.write(toLine(line)) });
  return log;
}

function tellDropped(log: Logger, dropped: number): void {
  log.warn({ dropped }, 'log lines were dropped because nobody read them');
}

async function prettyLines(isColorless: boolean): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty');
  const toText = prettyFactory({ translateTime: 'SYS:HH:MM:ss', ...(isColorless && { colorize: false }) });
  return (line) => wrapLines(toText(toPrintableLine(line)) ?? '');
}

/** A line of JSON as written: its texts are limited to the length of a message, and cannot control a terminal. */
function toJsonLine(line: string): string {
  const short = line.length > MAX_TEXT_BYTES ? `${JSON.stringify(withTexts(JSON.parse(line), clip))}\n` : line;
  return toPrintableJson(short);
}

/** The content of a line for printing: pino-pretty writes some names and texts unescaped. */
const toPrintableLine = (line: string): unknown => withTexts(JSON.parse(line), (text) => toPrintable(clip(text)));

/** Changes all names and texts of a line; it was parsed from JSON, so it is not circular. */
function withTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => withTexts(each, change));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [change(name), withTexts(each, change)]));
}

let lastMs = 0;
let lastTime = '';

/** As pino's own, but created once a millisecond. */
function isoTime(): string {
  const now = Date.now();
  if (now !== lastMs) {
    lastMs = now;
    lastTime = `,"time":"${new Date(now).toISOString()}"`;
  }
  return lastTime;
}

let standardOutput: LineOutput | undefined;

/** Lines that were dropped because nobody read them in time. */
export const droppedLines = (): number => standardOutput?.dropped ?? 0;

const SECRET_KEYS = [
  'authorization',
  'Authorization',
  'cookie',
  'Cookie',
  'set-cookie',
  'x-tokens',
  'ocp-apim-subscription-key',
  'accessToken',
  'access_token',
  'refreshToken',
  'refresh_token',
  'idToken',
  'id_token',
  'token',
  'clientSecret',
  'client_secret',
  'secret',
  'password',
  'apiKey',
  'sha256',
  'body',
  'headers',
];

/** Each key at the top level, and one and two levels down. */
const SECRET_PATHS = SECRET_KEYS.flatMap((key) => [`["${key}"]`, `*["${key}"]`, `*.*["${key}"]`]);

/** A cause chain is cut at this depth, in case it is circular. */
const LONGEST_CHAIN = 5;

interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly source?: string;
  readonly cause?: LoggedError;
}

/** Names, codes and messages along `cause`: other members of foreign errors contain requests, bodies and headers. */
function toLoggedError(error: unknown, depth = 1): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'a value was thrown that is not an error' };
  const { code, source } = { code: member(error, 'code'), source: member(error, 'source') };
  return {
    type: error.name,
    message: error.message,
    ...(code !== undefined && { code }),
    ...(source !== undefined && { source }),
    ...(error.cause !== undefined && depth < LONGEST_CHAIN && { cause: toLoggedError(error.cause, depth + 1) }),
  };
}

/** Only method and path: queries may contain codes and state, headers and bodies everything else. */
function toLoggedRequest(request: unknown): Record<string, string | undefined> {
  const path = member(request, 'path') ?? member(request, 'url');
  return {
    method: member(request, 'method'),
    path: path?.split(/[?#]/, 1)[0]?.replace(/^[a-z]+:\/\/[^/]*/i, ''),
  };
}

function toLoggedResponse(response: unknown): Record<string, string | undefined> {
  return { status: member(response, 'status') ?? member(response, 'statusCode') };
}

function member(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = Reflect.get(value, key);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
}
