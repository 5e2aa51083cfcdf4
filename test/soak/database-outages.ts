import { setTimeout as pause } from 'node:timers/promises';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { openVault } from '../../src/tokens/index.ts';
import { type RunResult, readyLine, startMain } from '../cli/run-main.ts';
import { startPostgres } from '../support/postgres.ts';
import { type Answer, type TestConfig, toClient, writeTestConfig } from '../support/test-gateway.ts';

export interface OutagesOptions {
  /** How often the database is stopped. */
  readonly outages: number;
  /** ms that it is away each time. */
  readonly awayMs: number;
  /** ms between an outage and the next. */
  readonly betweenMs: number;
  /** Gateways, each in a process of its own. */
  readonly gateways: number;
  readonly writers: number;
}

export interface OutagesReport {
  readonly writes: number;
  /** Answered with a row at the first try. */
  readonly done: number;
  /** Errors of first tries, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** What must not be, in words. */
  readonly broken: readonly string[];
}

interface Write {
  readonly reference: string;
  readonly answer: Answer;
}

/** Sage answers so late that outages come between sending and answer. */
const SAGE_DELAY_MS = 300;
const WRITER_PAUSE_MS = 150;
/** How long the record may take to be whole once the database is back. */
const RECORD_WITHIN_MS = 60_000;

/** Writes with idempotency keys go on while PostgreSQL is stopped again and again; afterwards each is asked for once more. */
export async function writeThroughOutages(options: OutagesOptions): Promise<OutagesReport> {
  await using opened = new AsyncDisposableStack();
  const postgres = opened.use(await startPostgres());
  const sandbox = opened.use(await startSandbox({ customers: 5, companies: 1 }));
  const url = await postgres.createDatabase();
  const file = opened.use(
    await writeTestConfig({
      sandbox,
      edit: (yaml) => {
        yaml['vault'] = { ...yaml['vault'], url };
      },
    }),
  );
  sandbox.sage200.fault({ match: '/customers', method: 'POST', kind: 'delay', delayMs: SAGE_DELAY_MS, times: 0 });
  const ended: Promise<RunResult>[] = [];
  const clients = await Promise.all(
    Array.from({ length: options.gateways }, async () => {
      const main = startMain(['serve', '--config', file.path], { env: { PORT: '0' } });
      opened.defer(async () => void (await main.stop('SIGTERM')));
      ended.push(main.ended);
      return toClient(String(readyLine(await main.says('"msg":"ready"'))['url']));
    }),
  );

  const writes: Write[] = [];
  let isOver = false;
  const write = async (writer: number): Promise<void> => {
    for (let count = 0; !isOver; count += 1) {
      const reference = `W${writer}N${count}`;
      const client = clients[count % clients.length];
      if (client) writes.push({ reference, answer: await client.query(toMutation(reference)).catch(lost) });
      await pause(WRITER_PAUSE_MS);
    }
  };
  const writing = Array.from({ length: options.writers }, (_, writer) => write(writer));
  for (let outage = 0; outage < options.outages; outage += 1) {
    await pause(options.betweenMs);
    await postgres.stop();
    await pause(options.awayMs);
    await postgres.start();
  }
  await pause(options.betweenMs);
  isOver = true;
  await Promise.all(writing);

  const gone = await Promise.all(ended.map((each) => Promise.race([each, undefined])));
  const unfinished = await unfinishedLines(file);
  sandbox.sage200.clearFaults();
  const repeats = [];
  for (const { reference } of writes)
    repeats.push((await clients[repeats.length % clients.length]?.query(toMutation(reference)).catch(lost)) ?? NOTHING);
  return {
    writes: writes.length,
    done: writes.filter(({ answer }) => rowOf(answer) !== undefined).length,
    refused: countByCode(writes.map(({ answer }) => answer)),
    broken: [
      ...gone.flatMap((result) =>
        result ? [`a gateway ended with ${result.code}: ${(result.stderr || result.stdout).slice(-1_000)}`] : [],
      ),
      ...(unfinished > 0 ? [`${unfinished} lines of the record are unfinished`] : []),
      ...judgeRepeats(writes, repeats),
      ...judgeSent(writes, sandbox),
    ],
  };
}

const NOTHING: Answer = { data: null };

/** A gateway that ended under the request. */
const lost = ({ message }: Error): Answer => ({ ...NOTHING, errors: [{ message, extensions: { code: 'LOST' } }] });

const toMutation = (reference: string): string =>
  `mutation { sage200 { createCustomer(input: { reference: "${reference}", name: "Written" }, idempotencyKey: "key-${reference}") {
    customer { id reference } userErrors { message } } } }`;

const rowOf = ({ data }: Answer): { id: string; reference: string } | undefined =>
  data?.sage200?.createCustomer?.customer ?? undefined;

const codesOf = ({ errors = [] }: Answer): string[] => errors.map(({ extensions }) => String(extensions['code']));

function countByCode(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const code of answers.flatMap(codesOf)) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/** The same row as at the first try, and a row in any case: what was not begun is done by the repeat. */
function judgeRepeats(writes: readonly Write[], repeats: readonly Answer[]): string[] {
  return writes.flatMap(({ reference, answer }, index) => {
    const again = repeats[index];
    const found = again && rowOf(again);
    if (!found) return [`${reference} (${codesOf(answer)}) is ${again && codesOf(again)} when it is asked again`];
    const first = rowOf(answer);
    return first && first.id !== found.id ? [`${reference} was made twice`] : [];
  });
}

function judgeSent(writes: readonly Write[], sandbox: Sandbox): string[] {
  const sent = new Map<string, number>();
  for (const { method, body } of sandbox.sage200.requests()) {
    const reference = method === 'POST' && /"reference":"(W\d+N\d+)"/.exec(JSON.stringify(body).replaceAll('\\', ''));
    if (reference) sent.set(reference[1] ?? '', (sent.get(reference[1] ?? '') ?? 0) + 1);
  }
  return writes.flatMap(({ reference }) => {
    const times = sent.get(reference) ?? 0;
    return times === 1 ? [] : [`${reference} was sent ${times} times`];
  });
}

/** Waits for the record to be whole. @returns how many lines never were */
async function unfinishedLines({ config }: TestConfig): Promise<number> {
  const { key, keyFile: _, ...settings } = config.vault;
  const until = performance.now() + RECORD_WITHIN_MS;
  await using opened = new AsyncDisposableStack();
  const vault = opened.adopt(await openVault({ ...settings, ...(key && { key }) }), (each) => each.close());
  for (;;) {
    const lines = await vault.audit.list({ kind: 'mutation', limit: 1_000_000 });
    const count = lines.filter(({ outcome }) => outcome === 'UNFINISHED').length;
    if (count === 0 || performance.now() > until) return count;
    await pause(500);
  }
}
