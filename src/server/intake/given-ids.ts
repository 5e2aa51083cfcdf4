import type { ServerResponse } from 'node:http';
import { single } from '../../kit/http/index.ts';

/** Letters, digits and what UUIDs and the like have between them. */
const ID = /^[\w.:-]{8,128}$/;

/** Ids that requests bring along from a trusted proxy. Each is one request's at a time: what is kept by it is nobody else's. */
export class GivenIds {
  readonly #inUse = new Set<string>();

  /** The id that the request is known by until its answer has left; undefined for one that cannot be used. */
  take(header: string | readonly string[] | undefined, response: Pick<ServerResponse, 'once'>): string | undefined {
    const id = single(header);
    if (id === undefined || !ID.test(id) || this.#inUse.has(id)) return undefined;
    this.#inUse.add(id);
    response.once('close', () => this.#inUse.delete(id));
    return id;
  }
}
