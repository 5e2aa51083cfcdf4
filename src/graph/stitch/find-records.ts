import { inChunks } from '../../kit/chunks.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import { mapInTurns } from '../../kit/turns.ts';
import { type LinkKey, toKey } from './keys.ts';
import type { LinkedRow, LinkedRows, LinkField, LinkQuestion, LinkScope } from './link.ts';

/** The result for one key: the paths of errors begin below the link field. */
export interface Found {
  readonly value: unknown;
  readonly errors: LinkedRow['errors'];
  readonly scope: LinkScope | undefined;
}

/** Parallel requests of one link field. */
const REQUESTS_AT_ONCE = 4;

/**
 * Requests the records with these keys, in as many batches as the target needs.
 * @returns by the keys' ids, without keys that no record could have
 */
export async function findRecords(
  link: LinkField,
  keys: readonly LinkKey[],
  question: Omit<LinkQuestion, 'keys'>,
): Promise<ReadonlyMap<string, Found | GatewayError>> {
  const { target } = link;
  const asked = keys.filter((key) => target.canAsk(key, link.match));
  const answers = new Map<string, Found | GatewayError>();
  const load = async (chunk: readonly LinkKey[]) => {
    try {
      const rows = await target.load({ ...question, keys: chunk });
      const byKey = rowsByKey(rows.rows, link);
      for (const key of chunk) answers.set(key.id, answerFor(key, byKey.get(key.id), rows, link));
    } catch (error) {
      // An internal error is not a source's failure: it ends the operation.
      if (!(error instanceof GatewayError)) throw error;
      for (const key of chunk) answers.set(key.id, error);
    }
  };
  const { keys: atFirst, isLearning } = target.batchFor(question.tenant);
  const learnFrom = isLearning && asked.length > atFirst ? asked.slice(0, atFirst) : [];
  if (learnFrom.length > 0) await load(learnFrom);
  const left = asked.slice(learnFrom.length);
  await mapInTurns(inChunks(left, target.batchFor(question.tenant).keys), REQUESTS_AT_ONCE, load);
  return answers;
}

/** No record is null; two records are an error that names both. */
function answerFor(
  key: LinkKey,
  [row, second]: readonly LinkedRow[] = [],
  { errors, place, source, scope }: LinkedRows,
  link: LinkField,
): Found | GatewayError {
  if (!row) return { value: null, errors, scope };
  if (!second) return { value: row.value, errors: row.errors, scope };
  const message = `${link.name} leads to two records of ${place} with the key “${key.text.slice(0, 80)}”: ${row.name} and ${second.name}. Give one of them another key.`;
  return new GatewayError('UPSTREAM_REJECTED', message, { source });
}

function rowsByKey(rows: readonly LinkedRow[], { match }: LinkField): ReadonlyMap<string, readonly LinkedRow[]> {
  const byKey = new Map<string, LinkedRow[]>();
  for (const row of rows) {
    const key = toKey(row.key, match);
    if (!key) continue;
    const same = byKey.get(key.id);
    if (same) same.push(row);
    else byKey.set(key.id, [row]);
  }
  return byKey;
}
