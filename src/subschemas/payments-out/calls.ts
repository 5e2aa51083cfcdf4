import { GatewayError } from '../../kit/errors/index.ts';

/** Who calls: a payment provider or a Sage product. Each has its own credentials. */
export type Side = 'provider' | 'consumer';

/** A request to one of Sage's APIs. */
export interface Call {
  /** As in the record and in the log: the path of its field. */
  readonly name: string;
  readonly side: Side;
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Path below the base URL, with its query. */
  readonly path: string;
  /** `row`: it may not exist. */
  readonly asks: 'row' | 'list' | 'write';
  /** `side`: the token of the side. `none`: for definitions, which no guide shows with a token. */
  readonly token: 'side' | 'none';
  /** JSON. */
  readonly body?: string;
  readonly idempotencyKey?: string | undefined;
}

/** Ids are GUIDs; this also rejects anything that could change the path. */
const MOST_ID_CHARACTERS = 200;

/** An id as a part of a path. @throws GatewayError BAD_USER_INPUT */
export function toPathPart(argument: string, id: string): string {
  const isUsable = id !== '' && id.length <= MOST_ID_CHARACTERS && !/^\.{1,2}$|[/\\\p{C}"]/u.test(id);
  if (isUsable) return encodeURIComponent(id);
  throw badArgument([argument], 'is not an id. Use the GUID from Sage.');
}

/** @param inputPath where the mistake is */
export const badArgument = (inputPath: readonly string[], fault: string) =>
  new GatewayError('BAD_USER_INPUT', `${inputPath.join('.')} ${fault}`, { source: 'gateway', details: { inputPath } });
