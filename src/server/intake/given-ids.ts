import type { ServerResponse } from 'node:http';
import { single } from '../../kit/http/index.ts';

/** Letters, digits and what UUIDs and the like have between them. */
const ID = /^[\w.:-]{8,128}$/;

/** Ids that requests have from a trusted proxy. Only one request may use an id at a time, so that data kept under it is never shared. */
export class GivenIds {
  readonly #inUse = new Set<string>();

  /** The request's id until its answer has been sent; undefined for an id that cannot be used. */
  take(header: string | readonly string[] | undefined, response: Pick<ServerResponse, 'once'>): string | undefined {
    const id = single(header);
    if (id === undefined || !ID.test(id) || this.#inUse.has(id)) return undefined;
    this.#inUse.add(id);
    response.once('close', () => this.#inUse.delete(id));
    return id;
  }
}
