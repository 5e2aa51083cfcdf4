import { type DocumentNode, getOperationAST } from 'graphql';
import type { GatewayContext, GraphOperation } from '../../graph/index.ts';
import { type JsonObject, memberAt, parseObject, toObject } from '../../kit/json.ts';
import { mayChange, parseAsWritten } from '../../kit/written-json.ts';
import type { CallerExchange } from '../routes/route.ts';
import { membersOfSearch, type PlainRequest, toPlainRequest } from './read-request.ts';

export const JSON_TYPES = ['application/graphql-response+json', 'application/json'] as const;

export type JsonType = (typeof JSON_TYPES)[number];

/** One GraphQL request in the pipeline. */
export class GraphqlRequest {
  readonly exchange: CallerExchange;
  /** Undefined for GET, which has everything in the URL's query. */
  readonly body: Buffer | undefined;
  /** The media type of the answer. */
  readonly mediaType: JsonType;
  /** On the clock of `performance.now`. */
  readonly startedAt = performance.now();
  /** Undefined until the document has been parsed. */
  operation: Operation | undefined;
  /** The text, if the request has an id for it. */
  document: string | undefined;
  /** The key under which the text is kept after execution. */
  automaticKey: string | undefined;
  /** Whether the answer includes its cost. */
  wantsCost: boolean;
  #gateway: GatewayContext | undefined;
  /** Null until first used. */
  #plain: PlainRequest | undefined | null = null;
  #members: JsonObject | undefined | null = null;
  #written: { readonly variables: GraphOperation['written'] } | undefined;

  constructor(exchange: CallerExchange, body: Buffer | undefined, mediaType: JsonType) {
    this.exchange = exchange;
    this.body = body;
    this.mediaType = mediaType;
    this.wantsCost = exchange.headers['x-gateway-cost'] === '1';
  }

  /** The request's content, parsed once; undefined for a body that is not a JSON object. */
  get members(): JsonObject | undefined {
    if (this.#members === null)
      this.#members = this.body ? parseObject(this.body) : membersOfSearch(this.exchange.search);
    return this.#members;
  }

  /** Undefined if Yoga should handle it. If the document has an id, call this only after the document was found. */
  get plain(): PlainRequest | undefined {
    if (this.#plain === null) {
      this.#plain = this.members && toPlainRequest(this.members, this.document);
      if (this.#plain?.wantsCost) this.wantsCost = true;
    }
    return this.#plain;
  }

  /** The document, if it can be found without checking the request. */
  get source(): string | undefined {
    if (this.document !== undefined) return this.document;
    if (this.body) return this.plain?.query;
    return toText(this.members?.['query']);
  }

  /** The caller and the tenant. @throws Error before the phase that finds them */
  get gateway(): GatewayContext {
    if (!this.#gateway) throw new Error('the tenant of this request is not known yet');
    return this.#gateway;
  }

  set gateway(found: GatewayContext) {
    this.#gateway = found;
  }

  /** The variables with their numbers as written, if parsing would change one. */
  get written(): GraphOperation['written'] {
    this.#written ??= { variables: this.#readWritten() };
    return this.#written.variables;
  }

  #readWritten(): GraphOperation['written'] {
    const text = this.body?.toString() ?? new URLSearchParams(this.exchange.search).get('variables') ?? '';
    if (!mayChange(text)) return undefined;
    const parsed = parseAsWritten(text);
    return toObject(this.body ? memberAt(parsed, ['variables']) : parsed);
  }
}

const toText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The content of a request, after its document was parsed. */
export interface Operation extends GraphOperation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** As written in the document, but at most `LONGEST_NAME` characters. */
  readonly name: string | undefined;
}

/** Anything longer is text and not a name. */
const LONGEST_NAME = 80;

interface AskedOperation {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: GraphOperation['variables'];
  /** @default as parsed */
  readonly written?: GraphOperation['written'];
}

/** Undefined if the document does not have this operation, or has several and no name is given. */
export function toOperation(
  { query: source, operationName, variables, written }: AskedOperation,
  document: DocumentNode,
): Operation | undefined {
  const node = getOperationAST(document, operationName);
  if (!node) return undefined;
  const name = node.name?.value.slice(0, LONGEST_NAME);
  return { kind: node.operation, name, document, source, operationName, variables, written };
}
