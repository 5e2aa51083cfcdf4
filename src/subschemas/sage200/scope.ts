import DataLoader from 'dataloader';
import type { FieldNode, GraphQLResolveInfo } from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import {
  type CallBudget,
  type Deadline,
  endOfWrites,
  KeptCalls,
  type StopSignal,
  startDeadline,
} from '../../kit/http/index.ts';
import { andThen, handled, type MaybePromise } from '../../kit/maybe-promise.ts';
import { createPace } from '../../kit/turns.ts';
import type { AuditTrail, IdempotencyStore } from '../../tokens/index.ts';
import type { CallScope, Sharer } from './call.ts';
import type { CompanyRef, Sage200Caller, Sage200Identity } from './caller.ts';
import type { Sage200Client } from './client.ts';
import {
  type CompanyChoice,
  checkChoice,
  chooseCompany,
  isSameCompany,
  mayUse,
  type OpenCompany,
  type SitesCache,
} from './companies.ts';
import type { MemberLists } from './member-lists.ts';
import type { Sage200Model } from './model/model.ts';
import type { ChainLimits } from './odata/chunk-keys.ts';
import { MAX_PAGE_SIZE } from './odata/query.ts';
import { toSageId } from './values/global-id.ts';

/** Shared by all operations: created once for a running gateway. */
export interface Sage200Engine {
  readonly model: Sage200Model;
  readonly client: Sage200Client;
  readonly sites: SitesCache;
  readonly memberLists: MemberLists;
  readonly limits: ChainLimits;
  /** Time that an operation has for Sage 200, in ms. */
  readonly deadlineMs: number;
  /** The configured company, used when neither argument nor header names one. */
  readonly defaultCompany: CompanyRef | undefined;
  /** Outcomes by idempotency key; without it, keys are refused. */
  readonly outcomes: IdempotencyStore | undefined;
  readonly audit: Pick<AuditTrail, 'begin'> | undefined;
  readonly log: Sage200Log | undefined;
  readonly now: () => number;
}

/** The part of a log that Sage 200 needs. */
export interface Sage200Log {
  warn(details: object, message: string): void;
}

export interface ScopeRequest {
  readonly principal: Sage200Caller;
  /** As in the answer's errors and in the log; missing if there is no request. */
  readonly requestId?: string | undefined;
  /** `X-Site` and `X-Company` as the client sent them. */
  readonly site: string | undefined;
  readonly company: string | undefined;
  /** Fires when the client disconnects. */
  readonly signal: StopSignal;
  /** Counts the operation's reads. Requests for its writes are reserved before anything begins. */
  readonly calls?: CallBudget | undefined;
}

/** Time to record and report a write that was answered as its consent ended, ms. */
const LAST_MOMENT_MS = 200;

/** Sage 200 for one caller in one operation: companies, loaders and the queue of writes. */
export class OperationScope {
  readonly principal: Sage200Caller;
  readonly requestId: string | undefined;
  readonly engine: Sage200Engine;
  readonly calls: CallBudget | undefined;
  readonly #header: CompanyChoice;
  readonly #clientGone: StopSignal;
  #startedAt: number | undefined;
  #deadline: Deadline | undefined;
  #reading: Deadline | undefined;
  #writing: Deadline | undefined;
  #writes: Promise<unknown> | undefined;
  #isUsed = false;
  /** Writes that were still running when their consent ended. */
  readonly #left = new Set<Promise<unknown>>();
  readonly #scopes: CompanyScope[] = [];

  constructor(engine: Sage200Engine, input: ScopeRequest) {
    this.engine = engine;
    this.principal = input.principal;
    this.requestId = input.requestId;
    this.#header = { site: input.site, company: input.company };
    this.#clientGone = input.signal;
    this.calls = input.calls;
  }

  /** @throws GatewayError FORBIDDEN if this caller has no connection to Sage 200 */
  get identity(): Sage200Identity {
    if (this.principal.sage200) return this.principal.sage200;
    throw new GatewayError(
      'FORBIDDEN',
      'This caller has no Sage 200 connection. Ask the operator to configure one for it, or sign in to Sage.',
      {
        connectUrl: '/connect/sage200',
      },
    );
  }

  /** The operation's deadline starts with its first call. */
  get deadline(): StopSignal {
    this.#deadline ??= startDeadline(this.#leftMs());
    return this.#deadline.signal;
  }

  get writeSignal(): StopSignal {
    this.#writing ??= startDeadline(this.#leftMs(), endOfWrites(this.#clientGone));
    return this.#writing.signal;
  }

  /** Reads end when nobody waits for them any more, and with the consent; writes do not. */
  get readSignal(): StopSignal {
    this.#reading ??= startDeadline(this.#leftMs(), this.#clientGone, this.principal.sage200?.ended);
    return this.#reading.signal;
  }

  /** Both limits start with the first call. */
  #leftMs(): number {
    this.#startedAt ??= performance.now();
    return Math.max(0, this.engine.deadlineMs - (performance.now() - this.#startedAt));
  }

  /** The operation has ended: stops its timers, except those of writes that nobody waits for any more. */
  end(): void {
    this.#reading?.end();
    this.#deadline?.end();
    const writing = this.#writing;
    if (!writing) return;
    if (this.#left.size === 0) writing.end();
    else void Promise.allSettled(this.#left).then(() => writing.end());
  }

  /** @throws GatewayError if data of this operation may no longer be returned, because its consent has ended */
  assertUsable(): void {
    if (this.#isUsed) this.principal.sage200?.assertUsable?.();
  }

  #use(): void {
    this.#isUsed = true;
    this.assertUsable();
  }

  /**
   * A write in progress is not aborted when its consent ends: it is completed and recorded, without its caller.
   * @param unknown the caller's error in that case
   */
  async untilEnded<Result>(write: () => Promise<Result>, unknown: () => GatewayError): Promise<Result> {
    const { ended } = this.principal.sage200 ?? {};
    const writing = write();
    if (!ended) return writing;
    const told = Promise.withResolvers<never>();
    let timer: NodeJS.Timeout | undefined;
    const onEnd = () => {
      timer = setTimeout(() => {
        const left = handled(writing.finally(() => this.#left.delete(left)));
        this.#left.add(left);
        told.reject(unknown());
      }, LAST_MOMENT_MS);
    };
    if (ended.aborted) onEnd();
    else ended.addEventListener('abort', onEnd, { once: true });
    try {
      return await Promise.race([writing, told.promise]);
    } finally {
      ended.removeEventListener('abort', onEnd);
      clearTimeout(timer);
    }
  }

  openCompanies(): MaybePromise<readonly OpenCompany[]> {
    this.#use();
    // Others of the same sign-in may wait for the same answer, so it does not end with the first caller.
    return this.engine.sites.get(this.identity, () => this.deadline);
  }

  /** The company of a field: from its argument, header, configured default, or the only one there is. */
  companyScope(argument: CompanyChoice): MaybePromise<CompanyScope> {
    const header = this.#header;
    const { usualCompany: usual = this.engine.defaultCompany } = this.principal;
    const isChosen = argument.site || argument.company || header.site || header.company;
    if (isChosen || !usual || !mayUse(this.principal, usual)) return this.#chosenScope(argument);
    return andThen(this.openCompanies(), (open) => {
      const listed = open.find((company) => isSameCompany(company, usual));
      return listed ? this.#open(usual, listed) : this.#chosenScope(argument);
    });
  }

  async #chosenScope(argument: CompanyChoice): Promise<CompanyScope> {
    const levels = [argument, this.#header];
    return this.scopeOf(await chooseCompany(this.principal, levels, () => this.openCompanies()));
  }

  /** @throws GatewayError BAD_USER_INPUT if it cannot be a company, FORBIDDEN if this caller may not use the company */
  scopeOf(company: CompanyRef): CompanyScope {
    checkChoice(company);
    if (!mayUse(this.principal, company)) {
      throw new GatewayError(
        'FORBIDDEN',
        `This caller may not use company ${company.company} at site ${company.site}.`,
      );
    }
    return this.#open(company);
  }

  /** @param listed the company as Sage writes it, if it was already looked up */
  #open(company: CompanyRef, listed?: CompanyRef): CompanyScope {
    this.#use();
    const known = this.#scopes.find((scope) => isSameCompany(scope.company, company));
    if (known) return known;
    const written = listed ?? this.engine.sites.asListed(this.principal.sage200?.key, company);
    if (this.calls) this.calls.about ??= `${written.site}/${written.company}`;
    const scope = new CompanyScope(this, { site: written.site, company: written.company });
    this.#scopes.push(scope);
    return scope;
  }

  /** Runs writes one after the other, in order. A failed write does not stop the next. */
  enqueueWrite<Result>(write: () => Promise<Result>): Promise<Result> {
    const result = (this.#writes ?? Promise.resolve()).then(write);
    this.#writes = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

/** One company within one operation, with its own loaders: no read is ever shared with another caller or company. */
export class CompanyScope {
  readonly operation: OperationScope;
  readonly company: CompanyRef;
  #loaders: Map<string, DataLoader<string, unknown>> | undefined;
  #kept: CallScope['kept'];
  #reading: CallScope | undefined;
  #pace: ReturnType<typeof createPace> | undefined;
  /** By field position, which graphql-js identifies by its list of nodes. */
  readonly #asked = new WeakMap<readonly FieldNode[], () => unknown>();

  constructor(operation: OperationScope, company: CompanyRef) {
    this.operation = operation;
    this.company = company;
  }

  /**
   * Sage's id from an argument that accepts either form.
   * @param typeName type of the id, if known
   * @throws GatewayError BAD_USER_INPUT
   */
  toSageId(text: string, typeName: string | undefined): string {
    const { rowTypes } = this.operation.engine.model;
    return toSageId(text, {
      ...this.company,
      typeName,
      isNodeType: (name) => rowTypes.get(name)?.isNode === true,
    });
  }

  /** Does not start the deadline. */
  get sharer(): Sharer {
    const { identity, principal } = this.operation;
    return { identity, caller: principal.id, company: this.company };
  }

  get reading(): CallScope {
    this.#reading ??= {
      ...this.sharer,
      signal: this.operation.readSignal,
      kept: this.#kept,
      calls: this.operation.calls,
    };
    return this.#reading;
  }

  get writing(): CallScope {
    const { writeSignal, calls } = this.operation;
    // Their number was set aside before the first of them was sent.
    return { ...this.sharer, signal: writeSignal, holder: calls };
  }

  /** From now on each read is sent once in this operation, so that it can be answered again without a request. */
  keepReads(): void {
    this.#kept ??= new KeptCalls();
    this.#reading = undefined;
  }

  /** The loader of that name; `load` returns the values in the order of the keys. */
  loader<Value>(
    name: string,
    load: (keys: readonly string[]) => Promise<readonly (Value | Error)[]>,
  ): DataLoader<string, Value> {
    this.#loaders ??= new Map();
    const known = this.#loaders.get(name) as DataLoader<string, Value> | undefined;
    if (known) return known;
    const loader = new DataLoader<string, Value>((keys) => load(keys));
    this.#loaders.set(name, loader as DataLoader<string, unknown>);
    return loader;
  }

  /** What to wait for before so many more rows are written, so that others have their turn; undefined: nothing. */
  pace(rows: number): Promise<unknown> | undefined {
    this.#pace ??= createPace(MAX_PAGE_SIZE);
    return this.#pace(rows);
  }

  /** A field's question is the same for every row: calculated once, or found invalid once. */
  onceForField<Asked>({ fieldNodes }: Pick<GraphQLResolveInfo, 'fieldNodes'>, workOut: () => Asked): Asked {
    const known = this.#asked.get(fieldNodes) ?? outcomeOf(workOut);
    this.#asked.set(fieldNodes, known);
    return known() as Asked;
  }

  /** After a write, data that was read before it must not be returned again. */
  forgetReads(): void {
    this.#loaders = undefined;
    this.#kept?.clear();
  }
}

function outcomeOf<Value>(work: () => Value): () => Value {
  try {
    const value = work();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
