/**
 * Ten minutes of mixed load with what a gateway meets in its life: tokens that end every half minute, a tenant whose
 * schema changes, documents never seen before, and an upstream that fails now and then. `--minutes 10 --concurrency 16`.
 *
 * Ends with 1 unless memory stays flat (the last tenth of the time within a tenth of the third) and every failed
 * answer is explained by a fault: at its time, at its system, with its code, for a caller it was meant for.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setUpGateway, startGatewayProcess } from './harness/gateway.ts';
import { gatewaySide } from './harness/gateway-sides.ts';
import { measure } from './harness/load.ts';
import { createProcesses, residentMb } from './harness/processes.ts';
import { startStub } from './harness/stub.ts';
import { createJudge } from './soak/judge.ts';
import { createTraffic } from './soak/traffic.ts';

const ACCESS_TOKEN_SECONDS = 30;
/** s. Each cycle has faults first and then peace, in which nothing may fail. */
const CYCLE = { whole: 30, faults: 18 };
/** ms until an answer may show a fault: as long as the stub hangs, since a read that hangs may have been joined late, and some. */
const GRACE_MS = 4_500;
const FAULT_SHARE = 0.02;
const NEW_RELEASE_EVERY_SECONDS = 90;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    concurrency: { type: 'string', default: '16' },
    flags: { type: 'string', default: '' },
  },
});
const wholeMs = Number(values.minutes) * 60_000;
const folder = await mkdtemp(join(tmpdir(), 'gateway-soak-'));
try {
  await soak();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function soak(): Promise<void> {
  await using processes = createProcesses();
  const stub = await startStub(processes);
  await stub.set({ accessTokenSeconds: ACCESS_TOKEN_SECONDS });
  const setUp = await setUpGateway(stub, join(folder, 'soak'), { deadline: '2s', schemaRefresh: '20s' });
  const started = await startGatewayProcess(processes, setUp, values.flags.split(' ').filter(Boolean));
  const side = gatewaySide(setUp, started);

  // Half of the callers have an upstream that never fails: what befalls the others must not reach them.
  const faultyConnections = setUp.names.slice(0, setUp.names.length / 2);
  const faults = createFaults();
  const judge = createJudge({ faultsHappen: faults.happen, faultyConnections });
  const traffic = createTraffic(side);
  const memory: number[] = [];
  let seconds = 0;
  const everySecond = setInterval(() => {
    memory.push(residentMb(started.child));
    const faultShare = faults.shareAt(seconds);
    const erpRelease = 1 + Math.floor(seconds / NEW_RELEASE_EVERY_SECONDS);
    seconds += 1;
    stub.set({ faultShare, faultyConnections, erpRelease }).catch(() => {});
    if (seconds % 60 === 0)
      tell(`${seconds / 60} min: ${memory.at(-1)?.toFixed(0)} MB, ${judge.verdict().answers} answers`);
  }, 1_000);
  const measured = await measure({
    origin: side.origin,
    requests: traffic.next,
    concurrency: Number(values.concurrency),
    durationMs: wholeMs,
    onAnswer(answer) {
      const sent = traffic.about(answer.request);
      if (sent) judge.see(answer, sent);
    },
  }).finally(() => clearInterval(everySecond));

  const { answers, explained, unexplained, unexplainedCount } = judge.verdict();
  const count = await stub.count();
  const [third, last] = [tenthOf(memory, 3), tenthOf(memory, 10)];
  tell(
    `${answers} answers, ${measured.perSecond.toFixed(0)}/s, p50 ${measured.p50.toFixed(1)} ms, p99 ${measured.p99.toFixed(1)} ms`,
  );
  tell(`${count.tokens} token requests, ${count.introspections} introspections, ${count.faults} faults`);
  tell(`failed answers that faults explain: ${JSON.stringify(explained)}`);
  tell(
    `resident: third tenth ${third.toFixed(0)} MB, last tenth ${last.toFixed(0)} MB, at most ${Math.max(...memory).toFixed(0)} MB`,
  );
  const broken = [
    ...(unexplainedCount > 0
      ? [`${unexplainedCount} failures that no fault explains, such as\n  ${unexplained.join('\n  ')}`]
      : []),
    ...(last > third * 1.1 ? ['memory grows'] : []),
  ];
  tell(broken.length === 0 ? 'holds' : `BROKEN: ${broken.join('; ')}`);
  if (broken.length > 0) process.exitCode = 1;
}

/** When faults happen, and until when an answer may still show one. */
function createFaults() {
  let lastAt = Number.NEGATIVE_INFINITY;
  return {
    shareAt(second: number): number {
      const isTime = second % CYCLE.whole < CYCLE.faults;
      if (isTime) lastAt = performance.now();
      return isTime ? FAULT_SHARE : 0;
    },
    happen: () => performance.now() < lastAt + 1_000 + GRACE_MS,
  };
}

/** The mean of one tenth of the samples, counted from 1. */
function tenthOf(samples: readonly number[], tenth: number): number {
  const part = samples.slice(((tenth - 1) * samples.length) / 10, (tenth * samples.length) / 10);
  return part.reduce((sum, sample) => sum + sample, 0) / part.length;
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
