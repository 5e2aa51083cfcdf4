import { parseExactJson } from '../../../kit/exact-json.ts';
import { type BodyPart, roughLength } from '../../../kit/http/index.ts';
import { andThen, type MaybePromise } from '../../../kit/maybe-promise.ts';
import { MAX_PAGE_SIZE } from '../odata/query.ts';
import type { Page, PageRequest } from '../reading/page.ts';
import { type Reply, toRow } from '../reply.ts';
import { type ConnectionPlan, type EdgePlan, pageInfoText, totalText } from './connection-plan.ts';
import { NO_WRAP, type RowWrap } from './row-pattern.ts';
import type { PlanRun, RowPlan } from './row-plan.ts';
import { createRowWriter, type RowsWritten } from './row-writer.ts';

/** Writes a page directly from the text of Sage's answer. Undefined if the answer has to be parsed. */
export type WritePage = (
  reply: Reply,
  request: PageRequest,
  total: Promise<number> | undefined,
  run: PlanRun,
) => MaybePromise<readonly BodyPart[] | undefined>;

/** Undefined for selections that need the rows themselves, or each row's cursor. */
export function pageWriter({ fields, wants }: ConnectionPlan): WritePage | undefined {
  const lists = fields.filter(({ kind }) => kind === 'nodes' || kind === 'edges');
  const [list] = lists;
  if (!list || lists.length > 1) return undefined;
  const found =
    list.kind === 'nodes' ? { row: list.row, wrap: NO_WRAP } : list.kind === 'edges' ? inEdge(list.edge) : undefined;
  const writer = found && createRowWriter(found.row, found.wrap);
  if (!writer) return undefined;

  const bodyOf = (rows: RowsWritten, request: PageRequest, total: number | undefined): readonly BodyPart[] => {
    const parts: BodyPart[] = [];
    for (const field of fields) {
      parts.push(field.key);
      if (field.kind === 'constant') parts.push(field.text);
      else if (field.kind === 'totalCount') parts.push(totalText(total));
      else if (field.kind === 'pageInfo')
        parts.push(pageInfoText(field.fields, wants.cursors ? toPage(rows, request) : withoutRows(rows), request));
      else parts.push(...rows.body);
    }
    parts.push('}');
    return parts;
  };

  return (reply, request, total, run) =>
    andThen(writer.write(reply.bytes, request.first, run), (rows) => {
      if (!rows || (wants.hasNextPage && rows.count >= MAX_PAGE_SIZE)) return undefined;
      const { calls } = run.scope.reading;
      if (calls) calls.rows += rows.count;
      calls?.hold(roughLength(rows.body));
      return andThen(total, (count) => bodyOf(rows, request, count));
    });
}

const withoutRows = ({ hasNextPage }: RowsWritten): Page => ({ rows: [], hasNextPage, offset: 0 });

/** The page that cursors need: its first and last row; those between are left empty. */
function toPage({ count, hasNextPage, firstRow, lastRow }: RowsWritten, { cursor }: PageRequest): Page {
  const rows: Record<string, unknown>[] = new Array(count);
  const parse = (source: Buffer) => toRow(parseExactJson(source.toString())) ?? {};
  if (count > 0) rows[0] = parse(firstRow);
  if (count > 1) rows[count - 1] = parse(lastRow);
  return { rows, hasNextPage, offset: cursor && 'skip' in cursor ? cursor.skip : 0 };
}

function inEdge(edge: EdgePlan): { readonly row: RowPlan; readonly wrap: RowWrap } | undefined {
  const at = edge.findIndex(({ kind }) => kind === 'node');
  const node = edge[at];
  if (
    node?.kind !== 'node' ||
    edge.some((part, index) => part.kind === 'cursor' || (part.kind === 'node' && index !== at))
  )
    return undefined;
  const textOf = (parts: EdgePlan) =>
    parts.map((part) => part.key + (part.kind === 'constant' ? part.text : '')).join('');
  return {
    row: node.row,
    wrap: { before: textOf(edge.slice(0, at)) + node.key, after: `${textOf(edge.slice(at + 1))}}` },
  };
}
