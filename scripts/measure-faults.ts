// Measures what a failing tenant costs everybody else: npm run measure:faults -- [--seconds 5] [--only 503]. Two gateways
// stand before the same Sage 200 and the same second tenant; the first tenant of one has the fault, that of the other has
// none. Callers of the first tenants go on asking, so many a second, while Sage 200 and the second tenant are asked one by
// one, through both gateways in turn, so that whatever else the machine does slows both. Prints medians in ms; asserts
// nothing.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startErpSandbox } from '../src/sandbox/erp/index.ts';
import { type Fault, startSandbox } from '../src/sandbox/index.ts';
import { readyLine, startMain } from '../test/cli/run-main.ts';
import { toClient, writeTestConfig } from '../test/support/test-gateway.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    perSecond: { type: 'string', default: '20' },
    only: { type: 'string', default: '' },
  },
});
const perSecond = Number(values.perSecond);

interface Case {
  readonly name: string;
  readonly fault?: Fault;
  /** Of the token service too. */
  readonly isEverywhere?: boolean;
  readonly isDown?: boolean;
  /** Its schema is another one at every look. */
  readonly upgrades?: boolean;
  /** Longer than usual, so that what waits piles up. */
  readonly seconds?: number;
}

const status = (code: number, more: Partial<Fault> = {}): Fault => ({ kind: 'status', status: code, ...more });

const CASES: readonly Case[] = [
  { name: 'no fault, for comparison' },
  { name: 'HTTP 503', fault: status(503) },
  { name: '401', fault: status(401) },
  { name: '403', fault: status(403) },
  { name: '429, Retry-After 7', fault: status(429, { headers: { 'retry-after': '7' } }) },
  { name: 'cut', fault: { kind: 'cut', cutAt: 'midBody' } },
  { name: 'garbage', fault: { kind: 'garbage' } },
  { name: 'HTML', fault: status(200, { headers: { 'content-type': 'text/html' }, body: '<html>' }) },
  { name: 'diagnoses', fault: status(400, { body: { $diagnoses: [{ $message: 'No.' }] } }) },
  { name: 'another schema every second', upgrades: true },
  { name: 'token service HTTP 500', fault: status(500), isEverywhere: true },
  { name: '28 s slow', fault: { kind: 'delay', delayMs: 28_000 }, seconds: 35 },
  { name: 'down', isDown: true },
];

const SAGE200 = 'sage200 { customers(first: 20) { nodes { reference name balance } } }';
const ERP = 'xtremMasterData { customer { query(first: 20) { edges { node { _id id name } } } } }';

const opened = new AsyncDisposableStack();
const sandbox = opened.use(await startSandbox({ customers: 60 }));

/** A gateway in a process of its own, before a first tenant of its own. */
async function startSide() {
  const first = await startErpSandbox({ seed: sandbox.seed });
  const file = opened.use(
    await writeTestConfig({
      sandbox,
      edit: (yaml) => {
        const [acme] = first.tenants;
        const { tokenUrl, clientId, clientSecret } = first;
        const own = { name: 'acme', tenantId: acme?.tenantId, tokenUrl, clientId, clientSecret };
        yaml['erp'] = { ...yaml['erp'], tenants: [own, sandbox.credentials.erp[1]] };
      },
    }),
  );
  const gateway = startMain(['serve', '--config', file.path], { env: { PORT: '0' } });
  opened.defer(async () => {
    await gateway.stop('SIGTERM');
  });
  const { url } = readyLine(await gateway.says('"msg":"ready"')) as { url: string };
  const { post } = toClient(url);
  const ask = async (query: string, tenant: string) => {
    const startedAt = performance.now();
    const text = await (await post({ query }, { 'x-tenant': tenant })).text();
    return { ms: performance.now() - startedAt, text };
  };
  await untilWell(ask);
  return { first, ask, spoilt: 0 };
}
/** Waits until both tenants answer, with whatever tokens and schemas that takes. */
async function untilWell(ask: (query: string, tenant: string) => Promise<{ readonly text: string }>): Promise<void> {
  for (const tenant of ['acme', 'globex']) {
    while ((await ask(`{ ${SAGE200} ${ERP} }`, tenant)).text.includes('errors')) await pause(100);
  }
}

type Side = Awaited<ReturnType<typeof startSide>>;

const QUESTIONS = [
  { name: 'sage200', query: `{ ${SAGE200} }`, tenant: 'acme' },
  { name: 'tenant', query: `{ ${SAGE200} ${ERP} }`, tenant: 'globex' },
] as const;

/** Times by question, of the side with the fault and of the other. */
async function measure(sides: readonly [Side, Side], seconds: number, usual: readonly string[]) {
  const times = QUESTIONS.map(() => [[] as number[], [] as number[]] as const);
  const answers = new Map<string, number>();
  const note = (text: string) => {
    const code = /"code":"(\w+)"/.exec(text)?.[1] ?? 'data';
    answers.set(code, (answers.get(code) ?? 0) + 1);
  };
  const waiting: Promise<void>[] = [];
  const background = setInterval(() => {
    sides.forEach(({ ask }, side) => {
      waiting.push(
        ask(`{ ${SAGE200} ${ERP} }`, 'acme')
          .then(({ text }) => side === 0 && note(text))
          .then(
            () => {},
            () => {},
          ),
      );
    });
  }, 1_000 / perSecond);
  const until = performance.now() + seconds * 1_000;
  for (let turn = 0; performance.now() < until; turn++) {
    for (const [index, { query, tenant }] of QUESTIONS.entries()) {
      for (const side of turn % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const { ms, text } = await sides[side].ask(query, tenant);
        times[index]?.[side].push(ms);
        if (text !== usual[index]) sides[side].spoilt += 1;
      }
    }
    await pause(5);
  }
  clearInterval(background);
  await Promise.all(waiting);
  return { times, answers };
}

function median(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function withFault(sides: readonly [Side, Side], usual: readonly string[], each: Case): Promise<void> {
  const { name, fault, isEverywhere, isDown, upgrades, seconds = Number(values.seconds) } = each;
  const { first } = sides[0];
  sides[0].spoilt = 0;
  const path = new URL(first.tenants[0]?.graphqlUrl ?? '').pathname;
  if (isEverywhere) first.endTokens();
  if (fault) first.fault({ ...fault, match: isEverywhere ? '/' : path, times: 0 });
  if (isDown) await first.close();
  let count = 0;
  const upgrading = setInterval(() => {
    count += 1;
    if (upgrades) first.configure({ naming: count % 2 === 0 ? 'documented' : 'x3' });
  }, 1_000);
  const { times, answers } = await measure(sides, seconds, usual);
  clearInterval(upgrading);
  if (!isDown) first.clearFaults();
  const columns = times.map(([failing, other]) => {
    const [theirs, usually] = [median(failing), median(other)];
    return `${usually.toFixed(1)} | ${theirs.toFixed(1)} | ${(theirs / usually).toFixed(2)}`;
  });
  const told = [...answers].map(([code, number]) => `${number} ${code}`).join(', ');
  process.stdout.write(`| ${name} | ${columns.join(' | ')} | ${sides[0].spoilt} | ${told} |\n`);
  // Longer than a tenant that refused is left in peace.
  await pause(6_000);
  if (!isDown) await untilWell(sides[0].ask);
}

try {
  const sides = [await startSide(), await startSide()] as const;
  const usual: string[] = [];
  for (const { query, tenant } of QUESTIONS) usual.push((await sides[1].ask(query, tenant)).text);
  await measure(sides, 3, usual);
  process.stdout.write(
    '| fault | Sage 200: without | with | ratio | other tenant: without | with | ratio | answers spoilt | what callers of the failing tenant got |\n|---|---|---|---|---|---|---|---|---|\n',
  );
  for (const each of CASES.filter(({ name }) => name.includes(values.only))) await withFault(sides, usual, each);
} finally {
  await opened.disposeAsync();
}
// The first tenants' servers, of which one is down by now.
process.exit(0);
