import { setFlagsFromString } from 'node:v8';

/** How often is looked, ms; looking takes some microseconds. */
const LOOK_EVERY_MS = 250;

const MB = 1024 * 1024;

/** Above what stays by so much, memory is given back. Ordinary load takes less. */
const MUCH = 64 * MB;

/** It was given back once no more than that is left of it. */
const LITTLE = 48 * MB;

/** What is still there after so long, ms, stays: the schemas of more tenants. */
const GIVEN_BACK_AFTER_MS = 30_000;

export interface Thrift {
  /** Resident, in bytes, without anything that could be given back. */
  readonly stays: number;
  /** Undefined where V8 may keep what it has. */
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
 * Has V8 give memory back after a few large answers. By itself it keeps the pages that they filled until the process has next to
 * nothing to do for eight seconds. Doing so with each collection would cost some percent of the processor time of every request.
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
