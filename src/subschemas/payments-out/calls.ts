import { GatewayError } from '../../kit/errors/index.ts';

/** Who asks: a payment provider or a Sage product. Each has credentials of its own. */
export type Side = 'provider' | 'consumer';

/** A request to one of Sage's APIs. */
export interface Call {
  /** As it stands in the record and in the log: the way to its field. */
  readonly name: string;
  readonly side: Side;
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below the base address, with its query. */
  readonly path: string;
  /** `row`: there may be none with this id. */
  readonly asks: 'row' | 'list' | 'write';
  /** `side`: the token that the side takes. `none`: definitions, which no guide shows with a token. */
  readonly token: 'side' | 'none';
  /** JSON. */
  readonly body?: string;
  readonly idempotencyKey?: string | undefined;
}

/** Ids are GUIDs; what follows leaves no path but its own. */
const MOST_ID_CHARACTERS = 200;

/** An id as a part of a path. @throws GatewayError BAD_USER_INPUT */
export function toPathPart(argument: string, id: string): string {
  const isUsable = id !== '' && id.length <= MOST_ID_CHARACTERS && !/^\.{1,2}$|[/\\\p{C}"]/u.test(id);
  if (isUsable) return encodeURIComponent(id);
  throw badArgument([argument], 'is not an id; give the GUID that Sage gave.');
}

/** @param inputPath where the fault is */
export const badArgument = (inputPath: readonly string[], fault: string) =>
  new GatewayError('BAD_USER_INPUT', `${inputPath.join('.')} ${fault}`, { source: 'gateway', details: { inputPath } });
