import { type DocumentNode, getOperationAST } from 'graphql';
import type { GatewayContext, GraphOperation } from '../../graph/index.ts';
import { type JsonObject, memberAt, parseObject, toObject } from '../../kit/json.ts';
import { mayChange, parseAsWritten } from '../../kit/written-json.ts';
import type { CallerExchange } from '../routes/route.ts';
import { membersOfSearch, type PlainRequest, toPlainRequest } from './read-request.ts';

export const JSON_TYPES = ['application/graphql-response+json', 'application/json'] as const;

export type JsonType = (typeof JSON_TYPES)[number];

/** One GraphQL request on its way through the pipeline. */
export class GraphqlRequest {
  readonly exchange: CallerExchange;
  /** Undefined for GET, which has all in the query of its address. */
  readonly body: Buffer | undefined;
  /** The form of the answer. */
  readonly mediaType: JsonType;
  /** On the clock of `performance.now`. */
  readonly startedAt = performance.now();
  /** Undefined until the document was read. */
  operation: Operation | undefined;
  /** The text, where it was named by an id, or came with one. */
  document: string | undefined;
  /** What that is kept by once it was executed. */
  automaticKey: string | undefined;
  /** Whether its answer says what it cost. */
  wantsCost: boolean;
  #gateway: GatewayContext | undefined;
  /** Null until somebody asks. */
  #plain: PlainRequest | undefined | null = null;
  #members: JsonObject | undefined | null = null;
  #written: { readonly variables: GraphOperation['written'] } | undefined;

  constructor(exchange: CallerExchange, body: Buffer | undefined, mediaType: JsonType) {
    this.exchange = exchange;
    this.body = body;
    this.mediaType = mediaType;
    this.wantsCost = exchange.headers['x-gateway-cost'] === '1';
  }

  /** What was sent, read once; undefined for a body that is not a JSON object. */
  get members(): JsonObject | undefined {
    if (this.#members === null)
      this.#members = this.body ? parseObject(this.body) : membersOfSearch(this.exchange.search);
    return this.#members;
  }

  /** Undefined for whatever Yoga should look at. Not to be asked for before its document was found, where it is named by an id. */
  get plain(): PlainRequest | undefined {
    if (this.#plain === null) {
      this.#plain = this.members && toPlainRequest(this.members, this.document);
      if (this.#plain?.wantsCost) this.wantsCost = true;
    }
    return this.#plain;
  }

  /** The document, as far as it can be found without judging the request. */
  get source(): string | undefined {
    if (this.document !== undefined) return this.document;
    if (this.body) return this.plain?.query;
    return toText(this.members?.['query']);
  }

  /** Who calls, and for which tenant. @throws Error before the phase that finds it out */
  get gateway(): GatewayContext {
    if (!this.#gateway) throw new Error('the tenant of this request is not known yet');
    return this.#gateway;
  }

  set gateway(found: GatewayContext) {
    this.#gateway = found;
  }

  /** The variables with their numbers as written, where reading them would change one. */
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

/** What a request asks for, once its document was read. */
export interface Operation extends GraphOperation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** As it stands in the document, at most `LONGEST_NAME` characters of it. */
  readonly name: string | undefined;
}

/** Long names are somebody's text and not a name. */
const LONGEST_NAME = 80;

interface AskedOperation {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: GraphOperation['variables'];
  /** @default as they were read */
  readonly written?: GraphOperation['written'];
}

/** Undefined where the document has no such operation, or several and no name says which. */
export function toOperation(
  { query: source, operationName, variables, written }: AskedOperation,
  document: DocumentNode,
): Operation | undefined {
  const node = getOperationAST(document, operationName);
  if (!node) return undefined;
  const name = node.name?.value.slice(0, LONGEST_NAME);
  return { kind: node.operation, name, document, source, operationName, variables, written };
}
