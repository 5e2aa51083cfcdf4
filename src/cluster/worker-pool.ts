import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import type { MetricData, MetricsText } from '../kit/metrics/index.ts';
import { createMachineMetrics } from './machine-metrics.ts';
import {
  type FromWorker,
  isOurs,
  type ReloadResult,
  type StopManner,
  type ToWorker,
  type WorkerSettings,
} from './messages.ts';
import { createReloadRounds } from './reload-round.ts';
import { createRestartPolicy, type RestartPolicyOptions } from './restart-policy.ts';
import { createUntakenCloser } from './untaken-closer.ts';

export interface WorkerPoolOptions {
  readonly count: number;
  readonly settings: WorkerSettings;
  readonly log: Logger;
  /** For workers, in addition to this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node for workers. @default this process's options */
  readonly execArgv?: readonly string[];
  readonly restarts?: RestartPolicyOptions;
  /** Reloads the configuration if a worker asks for it. @default reloading is not possible */
  readonly reload?: (inVault?: number) => Promise<ReloadResult>;
  /** This process's own metrics, for those of the machine. */
  readonly ownMetrics?: () => readonly MetricData[];
}

export interface WorkerPool {
  /** Where they listen, once all do. Rejects with a {@link WorkersFailure} if one reports that it cannot. */
  readonly ready: Promise<{ readonly url: string }>;
  /** Rejects with a {@link WorkersFailure} if workers keep ending right after they start. Never resolves. */
  readonly failed: Promise<never>;
  /** Metrics of the whole machine, in Prometheus's format. */
  metrics(): Promise<MetricsText>;
  /**
   * Brings another text of the configuration to all workers at once, and to those that start later.
   * @throws WorkersRefusal if one of them cannot use it: then all keep the old one
   */
  reload(text: string): Promise<void>;
  /** Asks all to finish what is in progress, and waits until they have ended. */
  close(manner: StopManner): Promise<void>;
  /** Ends them at once, when this process itself ends. */
  kill(): void;
}

/** The gateway cannot run; the message is for the operator. */
export class WorkersFailure extends Error {
  override readonly name = 'WorkersFailure';
}

/** One place in the pool; the worker in it has its number. */
interface Place {
  readonly number: number;
  readonly decide: ReturnType<typeof createRestartPolicy>;
  member: Member | undefined;
  /** Workers that were asked to stop: they wait for their replacement, or finish running requests. */
  readonly leaving: Set<Member>;
  restart: NodeJS.Timeout | undefined;
}

interface Member {
  readonly place: Place;
  readonly worker: Worker;
  /** On the clock of `performance.now`; undefined until it serves. */
  servesSince: number | undefined;
  /** Whether its settings were sent. */
  isBegun: boolean;
}

/** ms within which a signal to the whole process group reaches workers and this process: then no replacement is needed. */
const SAME_SIGNAL_MS = 250;

/** Starts worker processes of this program, and restarts them when they end. In them, `cluster.isWorker` is true. */
export function startWorkerPool(options: WorkerPoolOptions): WorkerPool {
  cluster.setupPrimary({ execArgv: [...(options.execArgv ?? process.execArgv)] });
  return new Pool(options).start();
}

class Pool {
  #settings: WorkerSettings;
  readonly #log: Logger;
  readonly #env: WorkerPoolOptions['env'];
  readonly #places: readonly Place[];
  readonly #metrics: ReturnType<typeof createMachineMetrics>;
  readonly #reload: WorkerPoolOptions['reload'];
  readonly #rounds = createReloadRounds();
  readonly #closeUntaken = createUntakenCloser();
  /** Settles when no reload is in progress. */
  #reloading: Promise<unknown> = Promise.resolve();
  readonly #ready = Promise.withResolvers<{ url: string }>();
  readonly #failed = Promise.withResolvers<never>();
  #isStarted = false;
  #stopping: StopManner | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor({ count, settings, log, env, restarts, reload, ownMetrics }: WorkerPoolOptions) {
    this.#settings = settings;
    this.#reload = reload;
    this.#metrics = createMachineMetrics(ownMetrics);
    this.#log = log;
    this.#env = env;
    this.#places = Array.from({ length: count }, (_, index) => toPlace(index + 1, restarts));
    // If nobody awaits them, their rejection must not end the process.
    for (const each of [this.#ready.promise, this.#failed.promise]) each.catch(() => {});
  }

  start(): WorkerPool {
    for (const place of this.#places) this.#start(place);
    return {
      ready: this.#ready.promise,
      failed: this.#failed.promise,
      metrics: () => this.#metrics.print(...this.#collecting()),
      reload: (text) => this.#bring(text),
      close: (manner) => this.#close(manner),
      kill: () => {
        this.#stopping ??= 'at once';
        for (const { worker } of this.#members()) worker.process.kill('SIGKILL');
      },
    };
  }

  #members(): readonly Member[] {
    return this.#places.flatMap(({ member, leaving }) => [...(member ? [member] : []), ...leaving]);
  }

  #serving(): readonly Member[] {
    return this.#members().filter(({ worker, servesSince }) => worker.isConnected() && servesSince !== undefined);
  }

  #bring(text: string): Promise<void> {
    const members = new Map(this.#members().flatMap((each) => (isReached(each) ? [[each.worker.id, each]] : [])));
    const done = this.#rounds
      .bring(text, [...members.keys()], (id, message) => {
        const member = members.get(id);
        if (member) tell(member, message);
      })
      .then(() => {
        this.#settings = { ...this.#settings, latest: text };
      });
    this.#reloading = done.catch(() => {});
    return done;
  }

  #fail(message: string): void {
    const failure = new WorkersFailure(message);
    this.#ready.reject(failure);
    this.#failed.reject(failure);
  }

  #start(place: Place): void {
    const worker = cluster.fork(this.#env);
    const member: Member = { place, worker, servesSince: undefined, isBegun: false };
    place.member = member;
    this.#closeUntaken(worker);
    // Sending to a worker that is just ending fails; 'exit' reports its end.
    worker.on('error', (err) => this.#log.debug({ err, worker: place.number }, 'a worker could not be reached'));
    worker.on('message', (message: unknown) => {
      if (isOurs<FromWorker>(message)) void this.#receive(member, message);
    });
    worker.once('exit', (code, signal) => this.#onEnd(member, { code, signal }));
  }

  async #receive(member: Member, message: FromWorker): Promise<void> {
    const { place, worker } = member;
    switch (message.type) {
      case 'gateway:hello':
        // Otherwise it might start with one configuration while the others change to the next.
        await this.#reloading;
        member.isBegun = true;
        tell(member, {
          type: 'gateway:begin',
          worker: place.number,
          workers: this.#places.length,
          settings: this.#settings,
        });
        if (this.#stopping) tell(member, { type: 'gateway:stop', manner: this.#stopping });
        return;
      case 'gateway:ready':
        return this.#onReady(member, message.url);
      case 'gateway:leave':
        return this.#onLeave(member);
      case 'gateway:closed':
        // Messages keep their order: before this one, Node learned that the worker no longer listens.
        return tell(member, { type: 'gateway:closed' });
      case 'gateway:failed':
        this.#log.error({ worker: place.number }, message.message);
        // At first, what stops one from starting stops all of them; later, the next try may succeed.
        if (!this.#isStarted) this.#fail(message.message);
        return;
      case 'gateway:done':
        return this.#rounds.answered(worker.id, message.request, message.refusal);
      case 'gateway:reload': {
        const result = await this.#reload?.(message.inVault).catch(() => undefined);
        return tell(member, { type: 'gateway:reloaded', request: message.request, result });
      }
      case 'gateway:collected':
        return this.#metrics.answered(worker.id, message.request, message.metrics);
      case 'gateway:scrape': {
        const parts = await this.#metrics.collect(...this.#collecting());
        tell(member, { type: 'gateway:machine', request: message.request, parts });
      }
    }
  }

  /** The workers that serve, and how to ask them. */
  #collecting(): Parameters<ReturnType<typeof createMachineMetrics>['collect']> {
    const members = new Map(this.#serving().map((each) => [each.worker.id, each]));
    const ask = (id: number, request: number) => {
      const asked = members.get(id);
      if (asked) tell(asked, { type: 'gateway:collect', request });
    };
    return [[...members.keys()], ask];
  }

  #onReady(member: Member, url: string): void {
    const { place, worker } = member;
    member.servesSince = performance.now();
    this.#log.info({ worker: place.number, pid: worker.process.pid }, 'a worker serves');
    for (const each of place.leaving) tell(each, { type: 'gateway:stop', manner: 'others serve' });
    if (this.#isStarted || this.#serving().length < this.#places.length) return;
    this.#isStarted = true;
    this.#ready.resolve({ url });
  }

  #onLeave(member: Member): void {
    const { place } = member;
    if (place.member !== member) return;
    place.member = undefined;
    place.leaving.add(member);
    place.restart = setTimeout(() => this.#start(place), SAME_SIGNAL_MS);
  }

  #onEnd(member: Member, { code, signal }: { code: number | null; signal: string | null }): void {
    const { place, worker, servesSince } = member;
    const wasLeaving = place.leaving.delete(member);
    this.#rounds.workerEnded(worker.id);
    if (!wasLeaving) place.member = undefined;
    if (this.#stopping) {
      if (this.#members().length === 0) this.#whenEmpty?.();
      return;
    }
    const log = this.#log;
    this.#metrics.workerEnded(worker.id).catch((err: unknown) => log.warn({ err }, 'counters of a worker are lost'));
    const how = { worker: place.number, pid: worker.process.pid, code, signal };
    if (wasLeaving) {
      log.info(how, 'a worker that was told to stop has ended');
      return;
    }
    const servedMs = servesSince === undefined ? undefined : performance.now() - servesSince;
    const pauseMs = place.decide({ servedMs, othersSteady: (steadyMs) => isAnySteady(this.#members(), steadyMs) });
    if (pauseMs === 'give up') {
      log.fatal(how, 'workers end as soon as they start');
      const end = signal === null ? `with exit code ${code}` : `by ${signal}`;
      this.#fail(`Workers end as soon as they start, the last one ${end}. The log above says why.`);
      return;
    }
    log.error({ ...how, pauseMs }, 'a worker ended and will be restarted');
    place.restart = setTimeout(() => this.#start(place), pauseMs);
  }

  async #close(manner: StopManner): Promise<void> {
    this.#stopping = manner;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenEmpty = resolve;
    for (const { restart } of this.#places) clearTimeout(restart);
    for (const member of this.#members()) tell(member, { type: 'gateway:stop', manner });
    if (this.#members().length > 0) await promise;
  }
}

const toPlace = (number: number, restarts: RestartPolicyOptions | undefined): Place => ({
  number,
  decide: createRestartPolicy(restarts),
  member: undefined,
  leaving: new Set(),
  restart: undefined,
});

function tell({ worker }: Member, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}

const isReached = ({ worker, isBegun }: Member): boolean => isBegun && worker.isConnected();

const isAnySteady = (members: readonly Member[], steadyMs: number): boolean =>
  members.some(({ servesSince }) => servesSince !== undefined && performance.now() - servesSince >= steadyMs);
