import { andThen, type MaybePromise } from '../kit/maybe-promise.ts';
import type { Sage200Identity } from '../subschemas/sage200/index.ts';
import type { FindConnection } from './caller-kind.ts';

/** The Sage 200 part of a principal with a named connection; empty without one. */
export function toSage200Identity(
  name: string | undefined,
  connection: FindConnection,
): MaybePromise<{ sage200?: Sage200Identity }> {
  if (name === undefined) return NONE;
  return andThen(connection(name), (sage200) => (sage200 ? { sage200 } : NONE));
}

const NONE = {};
