/** One use of a refresh token. */
export interface Renewal {
  /** Epoch ms: when the request arrived and when its answer left. `endedAt` is 0 while it runs. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly status: number;
  /** Which consent it belongs to; undefined for an unknown token. */
  readonly grantId: string | undefined;
  readonly subject: string | undefined;
  /** Another renewal of the same consent ran at the same time. */
  readonly overlapping: boolean;
  /** The token had been exchanged before, and that answer had gone out. */
  readonly reused: boolean;
}

export interface RenewalLog {
  list(): Renewal[];
  clear(): void;
  begin(token: string, owner: { readonly grantId?: string; readonly subject?: string }): (status: number) => void;
}

type Entry = { -readonly [Key in keyof Renewal]: Renewal[Key] };

export function createRenewalLog(): RenewalLog {
  let entries: Entry[] = [];
  const running = new Set<Entry>();
  const spent = new Set<string>();

  return {
    list: () => entries.map((entry) => ({ ...entry })),
    clear() {
      entries = [];
    },
    begin(token, { grantId, subject }) {
      const entry: Entry = {
        startedAt: Date.now(),
        endedAt: 0,
        status: 0,
        grantId,
        subject,
        overlapping: false,
        reused: spent.has(token),
      };
      for (const other of running) {
        if (grantId === undefined || other.grantId !== grantId) continue;
        other.overlapping = true;
        entry.overlapping = true;
      }
      entries.push(entry);
      running.add(entry);
      return (status) => {
        if (!running.delete(entry)) return;
        entry.endedAt = Date.now();
        entry.status = status;
        if (status === 200) spent.add(token);
      };
    },
  };
}
