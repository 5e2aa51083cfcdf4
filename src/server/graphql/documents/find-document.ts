import { hash } from 'node:crypto';
import type { Registry } from 'prom-client';
import { BoundedCache } from '../../../kit/cache.ts';
import { GatewayError } from '../../../kit/errors/index.ts';
import type { JsonObject } from '../../../kit/json.ts';
import { maskRequestError } from '../error-mask.ts';
import type { GraphqlRequest } from '../graphql-request.ts';
import type { Phase } from '../phase.ts';
import { badRequest, documentIdOf, withoutPrefix } from './document-id.ts';
import { createDocumentMetrics, type DocumentResult } from './document-metrics.ts';

export interface DocumentOptions {
  /** Texts by the ids that clients send. Each may be asked for by its SHA-256 too. */
  readonly listed: ReadonlyMap<string, string>;
  /** Only listed documents are answered; callers with admin may send any. */
  readonly required: boolean;
  /** Whether a text that came with its hash may be asked by the hash from then on. */
  readonly automatic: boolean;
  /** Texts kept for that at most. */
  readonly entries: number;
}

/** Of all texts that came with their hash, in characters. */
const MAX_AUTOMATIC_CHARS = 5_000_000;

/**
 * Finds the text that a request names by an id or by its SHA-256, as Apollo's protocol of persisted queries has it. What a
 * caller has sent with its hash is kept for that caller alone: others neither learn that it was asked, nor ask by a hash
 * for what is longer than they may send.
 */
export function findDocument(registry: Registry, { required, automatic, entries, ...options }: DocumentOptions): Phase {
  const count = createDocumentMetrics(registry);
  const listed = byIdAndHash(options.listed);
  const sent = new BoundedCache<string, string>({
    name: 'automatic documents',
    maxEntries: entries,
    maxWeight: MAX_AUTOMATIC_CHARS,
    weigh: (_, text) => text.length,
  });
  const isOff = listed.size === 0 && !automatic && !required;

  const judge = (request: GraphqlRequest, members: JsonObject): void => {
    const { principal, visitor } = request.exchange;
    const text = members['query'] || undefined;
    if (text !== undefined && required && !principal.admin) {
      count('refused');
      throw listedOnly();
    }
    const id = documentIdOf(members);
    if (id === undefined) return;
    const key = automaticKey(principal.id, id);
    if (typeof text === 'string') {
      if (hash('sha256', text) !== id) {
        count('wrongHash');
        throw badRequest(WRONG_HASH);
      }
      request.document = text;
      if (automatic && !visitor && !listed.has(id)) request.automaticKey = key;
    } else if (isOff) {
      count('notSupported');
      throw new GatewayError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
    } else {
      const ofList = listed.get(id);
      const found = ofList ?? sent.get(key);
      count(foundAs(found, ofList));
      if (found === undefined) throw new GatewayError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
      request.document = found;
    }
  };

  return {
    execute(request) {
      const members = required || mayName(request) ? request.members : undefined;
      if (!members) return undefined;
      try {
        judge(request, members);
        return undefined;
      } catch (error) {
        return { result: { errors: [maskRequestError(error)] } };
      }
    },
    // Whatever reads requests otherwise than this phase does, Yoga for one: it is no way around the list.
    onOperation({ document, exchange }) {
      if (required && document === undefined && !exchange.principal.admin) throw listedOnly();
    },
    // Not before: what is not valid, or not allowed to its caller, is no reason to forget others.
    onExecuted({ automaticKey: key, document }) {
      if (key === undefined || document === undefined) return;
      if (sent.get(key) === undefined) count('kept');
      sent.set(key, document);
    },
  };
}

function foundAs(found: string | undefined, ofList: string | undefined): DocumentResult {
  if (found === undefined) return 'notFound';
  return ofList === undefined ? 'automatic' : 'listed';
}

function byIdAndHash(documents: DocumentOptions['listed']): DocumentOptions['listed'] {
  const hashes = [...documents.values()].map((text) => [hash('sha256', text), text] as const);
  const ids = [...documents].map(([id, text]) => [withoutPrefix(id), text] as const);
  return new Map([...hashes, ...ids]);
}

const automaticKey = (callerId: string, id: string): string => `${callerId}\n${id}`;

/** Whether it is worth reading: requests come with their text alone most of the time. */
const mayName = ({ body, exchange }: GraphqlRequest): boolean =>
  body ? body.includes('documentId') || body.includes('persistedQuery') : exchange.search !== '';

const listedOnly = () =>
  new GatewayError(
    'FORBIDDEN',
    'This gateway answers listed documents only. Send the documentId of one instead of its text, or have this one listed.',
  );

const WRONG_HASH =
  'The document does not have this id. Send the SHA-256 of its text in hexadecimal, or either the text or the id.';
