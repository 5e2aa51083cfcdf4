import { setTimeout as pause } from 'node:timers/promises';
import { type Sage200Timing, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

export interface ChangesSettings {
  readonly forMs: number;
  readonly timing: Sage200Timing;
  /** Rows changed by one transaction. */
  readonly bulk: number;
  /** From a stamp until it shows, at most, in ms. */
  readonly latestCommitMs: number;
  /** What the recipe goes back by: ten minutes outside of tests, where commits may take minutes. */
  readonly overlapMs: number;
}

export interface ChangesReport {
  readonly changes: number;
  readonly runs: number;
  readonly pages: number;
  /** Rows whose last state never came. */
  readonly lost: readonly string[];
  /** What was read and never written. */
  readonly invented: readonly string[];
}

const ROWS = 120;
/** Small ones, so that rows change between them. */
const PAGE = 25;
const PAUSE_MS = 30;

/** The recipe for following changes, as docs/sage200.md has it, while other programs change rows in every awkward way. */
export async function runChanges(settings: ChangesSettings): Promise<ChangesReport> {
  await using sandbox = await startSandbox({ customers: ROWS, companies: 1, sage200Timing: settings.timing });
  await using gateway = await startTestGateway({ sandbox });
  const writer = new Writer(sandbox, settings);
  const follower = new Follower(gateway, settings.overlapMs);
  const endsAt = Date.now() + settings.forMs;
  await Promise.all([writer.run(endsAt), follower.run(endsAt)]);
  // All is committed now: one more run brings what was late.
  await follower.runOnce();
  return {
    changes: writer.changes,
    runs: follower.runs,
    pages: follower.pages,
    lost: [...writer.last].filter(([id, name]) => follower.state.get(id) !== name).map(([id]) => id),
    invented: [...follower.read].filter(([name]) => !writer.written.has(name)).map(([name]) => name),
  };
}

class Writer {
  changes = 0;
  /** The last committed name of each row that was changed. */
  readonly last = new Map<string, string>();
  readonly written = new Set<string>();
  readonly #sandbox: Sandbox;
  readonly #settings: ChangesSettings;
  /** Rows that a transaction holds. */
  readonly #locked = new Set<number>();
  readonly #ids: readonly number[];

  constructor(sandbox: Sandbox, settings: ChangesSettings) {
    this.#sandbox = sandbox;
    this.#settings = settings;
    const [company] = sandbox.companies;
    this.#ids = (company && sandbox.seed.company(company)?.customers.map(({ id }) => id)) ?? [];
  }

  async run(endsAt: number): Promise<void> {
    const underWay = new Set<Promise<void>>();
    while (Date.now() < endsAt) {
      const change = this.#changeSome().finally(() => underWay.delete(change));
      underWay.add(change);
      await pause(Math.random() * PAUSE_MS);
    }
    await Promise.all(underWay);
  }

  async #changeSome(): Promise<void> {
    const { bulk, latestCommitMs } = this.#settings;
    const free = this.#ids.filter((id) => !this.#locked.has(id));
    const from = Math.floor(Math.random() * free.length);
    const ids = free.slice(from, from + 1 + Math.floor(Math.random() * bulk));
    this.changes += 1;
    const name = `Change ${this.changes}`;
    this.written.add(name);
    for (const id of ids) this.#locked.add(id);
    await this.#sandbox.sage200.changeRows({
      resource: 'customers',
      ids,
      values: { name },
      commitDelayMs: Math.floor(Math.random() * latestCommitMs),
    });
    for (const id of ids) {
      this.#locked.delete(id);
      this.last.set(String(id), name);
    }
  }
}

const CHANGED = `query ($since: Sage200DateTime!, $after: String) { sage200 {
  customers(changedSince: $since, first: ${PAGE}, after: $after) {
    nodes { sageId name dateTimeUpdated } pageInfo { endCursor hasNextPage } } } }`;

/** A client that keeps a copy up to date. */
class Follower {
  runs = 0;
  pages = 0;
  readonly state = new Map<string, string>();
  /** Names that were changed since the start, with the row that had them first. */
  readonly read = new Map<string, string>();
  readonly #gateway: TestGateway;
  readonly #overlapMs: number;
  #since = new Date().toISOString();

  constructor(gateway: TestGateway, overlapMs: number) {
    this.#gateway = gateway;
    this.#overlapMs = overlapMs;
  }

  async run(endsAt: number): Promise<void> {
    while (Date.now() < endsAt) await this.runOnce();
  }

  async runOnce(): Promise<void> {
    const startedAt = Date.now();
    let largest = Number.NEGATIVE_INFINITY;
    let after: string | null = null;
    do {
      const { data, errors } = await this.#gateway.query(CHANGED, { variables: { since: this.#since, after } });
      if (errors) throw new Error(JSON.stringify(errors));
      const { nodes, pageInfo } = data.sage200.customers;
      for (const { sageId, name, dateTimeUpdated } of nodes) {
        this.state.set(sageId, name);
        this.read.set(name, sageId);
        largest = Math.max(largest, Date.parse(dateTimeUpdated));
      }
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      this.pages += 1;
    } while (after);
    this.runs += 1;
    if (largest > Number.NEGATIVE_INFINITY)
      this.#since = new Date(Math.min(largest, startedAt) - this.#overlapMs).toISOString();
  }
}

/** What must hold, in words; empty when it does. */
export function faultsOf({ changes, runs, pages, lost, invented }: ChangesReport): string[] {
  return [
    ...(changes < 10 || runs < 2 || pages <= runs ? ['too little happened'] : []),
    ...(lost.length > 0 ? [`the last state of ${lost.length} rows never came`] : []),
    ...(invented.length > 0 ? [`${invented.length} states were read that nobody wrote`] : []),
  ];
}
