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
  /** Texts by the ids that clients send. Each can also be requested by its SHA-256. */
  readonly listed: ReadonlyMap<string, string>;
  /** Only listed documents are allowed; callers with admin may send any. */
  readonly required: boolean;
  /** Whether a text that came with its hash may be requested by the hash from then on. */
  readonly automatic: boolean;
  /** Maximum number of texts kept for that. */
  readonly entries: number;
}

/** Maximum length of all texts that came with their hash, in characters. */
const MAX_AUTOMATIC_CHARS = 5_000_000;

/**
 * Finds the text that a request identifies by an id or by its SHA-256, as in Apollo's persisted queries protocol. A text that a
 * caller sent with its hash is kept only for that caller: others do not learn that it exists, and cannot use a hash to run a
 * text that is longer than they may send.
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
    if (text !== undefined) {
      if (typeof text !== 'string' || hash('sha256', text) !== id) {
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
    // Code that reads requests in another way, such as Yoga, must not be a way around the list.
    onOperation({ document, exchange }) {
      if (required && document === undefined && !exchange.principal.admin) throw listedOnly();
    },
    // Not earlier: an invalid or forbidden document must not evict others.
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

/** Whether it is worth parsing: most requests only have a text. JSON may also write any letter of a name as an escape. */
const mayName = ({ body, exchange }: GraphqlRequest): boolean =>
  body ? NAMES.some((name) => body.includes(name)) : exchange.search !== '';

const NAMES = ['documentId', 'persistedQuery', '\\u00'];

const listedOnly = () =>
  new GatewayError(
    'FORBIDDEN',
    'This gateway only answers listed documents. Send the documentId of one instead of its text, or ask the operator to list this one.',
  );

const WRONG_HASH =
  'The id does not match the document. Send the SHA-256 of its text in hexadecimal, or either the text or the id.';
