import { type Awaitable, andThen, together } from '../../awaitable.ts';
import { type BodyPart, roughLength } from '../../http/index.ts';
import { Repeats } from '../../repeats.ts';
import type { Read, Recording } from '../client.ts';
import type { Reply } from '../reply.ts';
import type { CompanyScope } from '../session.ts';

/** Runs kept for comparison; what is longer, in answers of Sage or in what became of them, is not. */
const MAX_RUNS = 64;
const LONGEST_REPLIES = 64 * 1024;
const LONGEST_PARTS = 128 * 1024;
const MOST_READS = 8;
const LONGEST_KEY = 4_000;

type Parts = readonly BodyPart[];

/** A read, and what Sage answered. */
interface Answered extends Read {
  readonly bytes: Uint8Array;
}

interface Run {
  /** In waves, each of which begins when the one before is answered: a later one asks for what an earlier one named. */
  readonly waves: readonly (readonly Answered[])[];
  readonly parts: Parts;
}

/** A run of a plan that may have been made before. */
export interface Again {
  /** The plan and its variables. */
  readonly key: string;
  /** In which nothing but this plan reads: it is to be known of everything that it uses. */
  readonly scope: CompanyScope;
  /** Whether reads may wait for all that were made before them; else for none. */
  readonly mayWait: boolean;
}

/**
 * Runs of plans that come again: reads are made as last time, and where Sage answers each with the same bytes, what the plan
 * made of them is what it would make of them now. A list that has not changed is neither read nor written again. What a plan
 * writes depends on its variables, on the company and on those bytes alone, and whoever is given it was just given the bytes by
 * Sage: nothing of one caller reaches another.
 */
export class RepeatedRuns {
  readonly #repeats = new Repeats<string, Run>(MAX_RUNS);

  /** @param write runs the plan, and makes no read twice that was made here */
  run(again: Again, write: () => Awaitable<Parts>): Awaitable<Parts> {
    const key = keyOf(again);
    const last = this.#repeats.find(key);
    if (!last) return this.#write(key, again, write);
    return andThen(hasSameReplies(last.waves, 0, again.scope), (isSame) => {
      if (!isSame) return this.#write(key, again, write);
      this.#repeats.confirm(key);
      return last.parts;
    });
  }

  #write(key: string, { scope, mayWait }: Again, write: () => Awaitable<Parts>): Awaitable<Parts> {
    if (key.length > LONGEST_KEY || !this.#repeats.wants(key)) return write();
    const recorded = new RecordedReads();
    scope.recordReads(recorded);
    return andThen(write(), (parts) => {
      // A read that fails after all leaves nothing to keep.
      this.#keep(key, recorded, parts, mayWait).catch(() => {});
      return parts;
    });
  }

  async #keep(key: string, recorded: RecordedReads, parts: Parts, mayWait: boolean): Promise<void> {
    if (roughLength(parts) > LONGEST_PARTS) return;
    const waves = await recorded.waves();
    if (waves && (mayWait || waves.length === 1)) this.#repeats.keep(key, { waves, parts });
  }
}

const keyOf = ({ key, scope: { company } }: Again): string => `${company.site}\n${company.company}\n${key}`;

/** Asks wave by wave for as long as the answers are the same. A read that fails is met by the plan once more. */
function hasSameReplies(waves: Run['waves'], index: number, scope: CompanyScope): Awaitable<boolean> {
  const wave = waves[index];
  if (!wave) return true;
  return andThen(
    together(wave, (read) => isAnsweredSame(read, scope)),
    (same) => !same.includes(false) && hasSameReplies(waves, index + 1, scope),
  );
}

const isAnsweredSame = ({ path, asked, bytes }: Answered, { session, reading }: CompanyScope): Promise<boolean> =>
  session.engine.client.read(reading, path, asked).then(
    (reply) => reply?.bytes.equals(bytes) ?? false,
    () => false,
  );

/** What a run of a plan reads, and what has to be answered before. */
class RecordedReads implements Recording {
  readonly #reads: (Read & { readonly reply: Promise<Reply | undefined>; readonly wave: number })[] = [];
  #wave = 0;

  add({ path, asked }: Read, reply: Promise<Reply | undefined>): void {
    if (this.#reads.some((read) => read.path === path)) return;
    const wave = this.#wave;
    this.#reads.push({ path, asked, reply, wave });
    const answered = () => {
      this.#wave = Math.max(this.#wave, wave + 1);
    };
    reply.then(answered, answered);
  }

  /** Undefined where the run is not one to be kept. */
  async waves(): Promise<Run['waves'] | undefined> {
    if (this.#reads.length > MOST_READS) return undefined;
    const waves: Answered[][] = [];
    let length = 0;
    for (const { path, asked, reply, wave } of this.#reads) {
      const bytes = (await reply)?.bytes;
      length += bytes?.length ?? 0;
      if (!bytes || length > LONGEST_REPLIES) return undefined;
      // Memory of its own: what it came in holds more.
      waves[wave] = [...(waves[wave] ?? []), { path, asked, bytes: new Uint8Array(bytes) }];
    }
    return waves;
  }
}
