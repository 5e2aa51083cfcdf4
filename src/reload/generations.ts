import type { Logger } from 'pino';

/** Everything that is made of one reading of the configuration. */
export interface Generation<Options> {
  /** What a server answers by. */
  readonly server: Options;
  /** Settles when it answers as quickly as one that has run for a while, as far as that can be had. */
  readonly warm: Promise<unknown>;
  /** Ends what it has opened. Nothing may be under way any more. */
  close(): Promise<void>;
}

/** The next generation, made but not in use. */
export interface Prepared {
  /** Whatever arrives from now on is answered by it. What is under way keeps the one before, which closes after that. */
  use(): void;
  discard(): Promise<void>;
}

const NOTHING: Prepared = { use: () => {}, discard: async () => {} };

/** How a gateway in this process is run with another configuration. */
export const applyTo =
  <Config>(gateway: { prepare(config: Config): Promise<Prepared> }) =>
  async ({ config }: { readonly config: Config }): Promise<void> =>
    (await gateway.prepare(config)).use();

export interface GenerationsOptions<Of extends Generation<unknown>, Settings> {
  readonly first: Of;
  /** @throws ConfigError for what only shows when it is made */
  readonly open: (settings: Settings, before: Of) => Promise<Of>;
  /** @returns settles when nothing is answered by the one before any more */
  readonly replace: (server: Of['server']) => Promise<void>;
  readonly log: Logger;
}

/** Those that come one after the other in a process, each whole, so that nothing of the old one is left in the new one. */
export function createGenerations<Of extends Generation<unknown>, Settings>(options: GenerationsOptions<Of, Settings>) {
  const { first, open, replace, log } = options;
  const living = new Set([first]);
  let current = first;
  let isClosed = false;

  const end = async (generation: Of): Promise<void> => {
    // Taken out first: what closes the gateway meanwhile must not close it again.
    if (living.delete(generation)) await generation.close();
  };

  /** What is being closed opens nothing any more, and keeps nobody from it. */
  const unlessClosed = (error: unknown): undefined => {
    if (!isClosed) throw error;
  };

  return {
    current: () => current,
    async prepare(settings: Settings): Promise<Prepared> {
      const next = isClosed ? undefined : await open(settings, current).catch(unlessClosed);
      if (!next) return NOTHING;
      living.add(next);
      const discard = () => end(next);
      if (isClosed) await discard();
      await next.warm;
      return {
        use() {
          if (isClosed || current === next) return;
          const before = current;
          current = next;
          replace(next.server)
            .then(() => end(before))
            .catch((err: unknown) => log.error({ err }, 'resources of the previous configuration could not be closed'));
        },
        discard,
      };
    },
    /** Ends all there are, whatever is under way. */
    async close(): Promise<void> {
      isClosed = true;
      await Promise.all([...living].map(end));
    },
  };
}
