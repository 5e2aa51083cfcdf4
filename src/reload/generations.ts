import type { Logger } from 'pino';

/** Everything that is made from one reading of the configuration. */
export interface Generation<Options> {
  readonly server: Options;
  /** Settles when it is as warmed up as possible. */
  readonly warm: Promise<unknown>;
  /** Closes everything that it opened. Nothing may be in progress. */
  close(): Promise<void>;
}

/** The next generation, made but not in use. */
export interface Prepared {
  /** New requests use it. Requests in progress keep the previous one, which closes after them. */
  use(): void;
  discard(): Promise<void>;
}

const NOTHING: Prepared = { use: () => {}, discard: async () => {} };

/** Makes a gateway in this process use another configuration. */
export const applyTo =
  <Config>(gateway: { prepare(config: Config): Promise<Prepared> }) =>
  async ({ config }: { readonly config: Config }): Promise<void> =>
    (await gateway.prepare(config)).use();

export interface GenerationsOptions<Of extends Generation<unknown>, Settings> {
  readonly first: Of;
  /** @throws ConfigError for faults that only show when it is made */
  readonly open: (settings: Settings, before: Of) => Promise<Of>;
  /** Settles when the previous one has no more requests. */
  readonly replace: (server: Of['server']) => Promise<void>;
  readonly log: Logger;
}

/** The successive generations of a process. Each is complete, so the new one contains nothing of the old one. */
export function createGenerations<Of extends Generation<unknown>, Settings>(options: GenerationsOptions<Of, Settings>) {
  const { first, open, replace, log } = options;
  const living = new Set([first]);
  let current = first;
  let isClosed = false;

  const end = async (generation: Of): Promise<void> => {
    // Removed first: if the gateway is closed meanwhile, it must not be closed twice.
    if (living.delete(generation)) await generation.close();
  };

  /** Once the gateway is closed, failures to open another generation no longer matter. */
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
    /** Closes all generations, even with requests in progress. */
    async close(): Promise<void> {
      isClosed = true;
      await Promise.all([...living].map(end));
    },
  };
}
