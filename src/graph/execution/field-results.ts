import {
  type ExecutionResult,
  type FieldNode,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
} from 'graphql';
import { inChunks } from '../../kit/chunks.ts';
import type { Holder, StopSignal } from '../../kit/http/index.ts';
import type { JsonObject } from '../../kit/json.ts';
import { jsonInTurns } from '../../kit/json-in-turns.ts';
import { sizeOfRow } from '../../kit/measure-values.ts';
import { createPace } from '../../kit/turns.ts';
import { JsonText } from '../../kit/written-json.ts';
import type { GatewayContext } from '../graph.ts';

/** More errors than an answer lists, so that it can say that there are more. */
const MOST_ERRORS = 60;

/** Objects completed in one turn of the event loop, about ten microseconds each: as many as on the longest page. */
const MOST_IN_TURN = 5_000;

/** Length of a value and its name: `"a":1,`. */
const LEAST_CHARS = 6;

/** Length above which an answer is not serialised at once. */
const LONG_CHARS = 1_000_000;

/** Characters that are added to the held memory at a time. */
const HELD_TOGETHER = 65_536;

/** Rows that continue together, or a multiple: as many keys as fit into one request, so that no extra requests are needed. */
const ROWS_TOGETHER = 60;

/** The results of one operation's resolvers, limited so that many of them do not delay others or fill the memory. */
export class FieldResults {
  readonly #pace = createPace(MOST_IN_TURN);
  /** By field position, which graphql-js identifies by its list of nodes. */
  readonly #sizes = new WeakMap<readonly FieldNode[], number>();
  #mostChars: number;
  readonly #holder: Holder | undefined;
  #chars = 0;
  /** The part that is counted as held memory. */
  #heldChars = 0;
  /** For queries: when it fires, the rest is not needed. */
  #signal: StopSignal | undefined;
  #isCut = false;
  #errors = 0;
  #lastError: GraphQLError | undefined;

  /**
   * @param mostChars maximum length of all values together
   * @param holder the request that the memory is counted for
   */
  constructor(mostChars = Number.POSITIVE_INFINITY, holder?: Holder) {
    this.#mostChars = mostChars;
    this.#holder = holder;
  }

  /** For an answer that may be several times as long as others. */
  allowMore(factor: number): void {
    this.#mostChars *= factor;
  }

  /** Creates no more rows once that fires. */
  until(signal: StopSignal): void {
    this.#signal = signal;
  }

  /** Whether rows are missing because the operation was ended. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Whether the answer will be too long: then no more rows are created. */
  get isTooLong(): boolean {
    return this.#chars > this.#mostChars;
  }

  /** Whether serialising the answer takes so long that it should be done in several turns. */
  get isLong(): boolean {
    return this.#chars > LONG_CHARS;
  }

  /** A value in the answer, with its name. */
  count(value: unknown): unknown {
    this.#chars += LEAST_CHARS + (typeof value === 'string' ? value.length : 0);
    if (this.#chars - this.#heldChars > HELD_TOGETHER) this.#hold();
    return value;
  }

  #hold(): void {
    this.#holder?.hold(this.#chars - this.#heldChars);
    this.#heldChars = this.#chars;
  }

  /** Created in a later turn, unless it is not needed by then. */
  #made<Value>(value: Value): Value | null {
    if (this.#signal?.aborted) this.#isCut = true;
    return this.#isCut || this.isTooLong ? null : value;
  }

  /** The awaited value, or a promise if others have their turn first. */
  inTurn(value: unknown, info: GraphQLResolveInfo): unknown {
    if (Array.isArray(value)) return this.listInTurns(value, info);
    const turn = this.#pace(1);
    return turn === undefined ? value : turn.then(() => this.#made(value));
  }

  /** The rows, or promises of those that come in a later turn. */
  listInTurns(rows: readonly unknown[], info: GraphQLResolveInfo): unknown {
    const size = this.#sizes.get(info.fieldNodes) ?? sizeOfRow(info);
    this.#sizes.set(info.fieldNodes, size);
    const parts = inChunks(rows, rowsTogether(size)).map((part) => {
      const turn = this.#pace(part.length * size);
      return turn === undefined ? part : part.map((row) => turn.then(() => this.#made(row)));
    });
    return parts.length === 1 ? parts[0] : parts.flat();
  }

  async fail(error: unknown): Promise<never> {
    await this.#pace(1);
    throw this.errorFor(error);
  }

  /**
   * What to throw instead of `error`. Each error costs graphql-js tens of microseconds and kilobytes, and one field may fail on
   * every row, so all errors after the first ones are the same object.
   */
  errorFor(error: unknown): unknown {
    if (this.#errors < MOST_ERRORS) {
      this.#errors += 1;
      return error;
    }
    // With a path, so that graphql-js uses it unchanged.
    this.#lastError ??= new GraphQLError(error instanceof Error ? error.message : '', {
      path: [],
      ...(error instanceof Error && { originalError: error }),
    });
    return this.#lastError;
  }
}

function rowsTogether(size: number): number {
  const most = Math.floor(MOST_IN_TURN / size);
  if (most > ROWS_TOGETHER) return most - (most % ROWS_TOGETHER);
  return Math.max(1, Math.min(ROWS_TOGETHER, Math.floor((MOST_IN_TURN * 4) / size)));
}

type Resolver = GraphQLFieldResolver<unknown, GatewayContext>;

/** The resolver, with its results counted for the operation. */
export function withResults(resolve: Resolver): Resolver {
  return (parent, given, context, info) => {
    const { results } = context;
    try {
      for (const name in given) if (given[name] instanceof GraphQLError) throw given[name];
      const found: unknown = resolve(parent, given, context, info);
      if (typeof found !== 'object' || found === null) return results.count(found);
      if (Array.isArray(found)) return results.listInTurns(found, info);
      if (!(found instanceof Promise)) return found;
      return found.then(
        (value: unknown) => results.inTurn(value, info),
        (error: unknown) => results.fail(error),
      );
    } catch (error) {
      throw results.errorFor(error);
    }
  };
}

/** The result, with long data already serialised: doing it at once would delay everybody. */
export async function writtenInTurns(result: ExecutionResult, { results }: GatewayContext): Promise<ExecutionResult> {
  const { data } = result;
  if (!data || data instanceof JsonText || !results.isLong) return result;
  return { ...result, data: new JsonText(await jsonInTurns(data)) as unknown as JsonObject };
}
