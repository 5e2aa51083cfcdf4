import { setFlagsFromString } from 'node:v8';

/** How often memory is checked, ms; a check takes a few microseconds. */
const LOOK_EVERY_MS = 250;

const MB = 1024 * 1024;

/** When usage exceeds what the process always needs by more than this, memory is given back. Ordinary load needs less. */
const MUCH = 64 * MB;

/** Giving back ends when usage exceeds what the process always needs by less than this. */
const LITTLE = 48 * MB;

/** Memory still in use after this long, ms, is really needed, for example for the schemas of more tenants. */
const GIVEN_BACK_AFTER_MS = 30_000;

export interface Thrift {
  /** Resident bytes that the process always needs. */
  readonly stays: number;
  /** Since when V8 has been giving memory back, and the lowest usage since then; undefined while it may keep its memory. */
  readonly since: { readonly at: number; readonly least: number } | undefined;
}

/** @param resident bytes, now @param now ms */
export function decideThrift({ stays, since }: Thrift, resident: number, now: number): Thrift {
  const least = Math.min(stays, resident);
  if (!since) return { stays: least, since: resident > least + MUCH ? { at: now, least: resident } : undefined };
  const leastSince = Math.min(since.least, resident);
  if (resident < least + LITTLE) return { stays: least, since: undefined };
  if (now - since.at > GIVEN_BACK_AFTER_MS) return { stays: leastSince, since: undefined };
  return { stays: least, since: { at: since.at, least: leastSince } };
}

/**
 * Makes V8 give memory back after large answers. On its own, it keeps the pages that they filled until the process has been almost
 * idle for eight seconds. Giving memory back at every collection would cost a few percent of the CPU time of every request.
 */
export function giveMemoryBack(): void {
  let thrift: Thrift = { stays: process.memoryUsage.rss(), since: undefined };
  const look = () => {
    const next = decideThrift(thrift, process.memoryUsage.rss(), performance.now());
    if ((next.since === undefined) !== (thrift.since === undefined))
      setFlagsFromString(next.since ? '--optimize-for-size' : '--no-optimize-for-size');
    thrift = next;
  };
  setInterval(look, LOOK_EVERY_MS).unref();
}
