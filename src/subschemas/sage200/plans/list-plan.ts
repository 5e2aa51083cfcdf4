import { BoundedCache } from '../../../kit/cache.ts';
import type { BodyPart } from '../../../kit/http/index.ts';
import { andThen, handled, type MaybePromise } from '../../../kit/maybe-promise.ts';
import type { RowType } from '../model/model.ts';
import { chainOf } from '../odata/chain.ts';
import { MAX_PAGE_SIZE, printQuery } from '../odata/query.ts';
import { isShortChain } from '../reading/long-chain.ts';
import {
  countRows,
  type ListArguments,
  type Page,
  type PageQuery,
  type PageRequest,
  type PageWants,
  pageQuery,
  readPage,
  toPageRequest,
} from '../reading/page.ts';
import { printShape } from '../reading/shape.ts';
import { holdRows, toList } from '../reply.ts';
import type { CompanyScope } from '../scope.ts';
import { type ConnectionPlan, connectionReads, planConnection, writeConnections } from './connection-plan.ts';
import { pageWriter } from './page-writer.ts';
import { describeQuery, type PlanContext, type PlanRun } from './row-plan.ts';
import { argumentReader, fieldDefinition, hasVariables, type SelectedField } from './selection.ts';

/** One field of the company: its text, once all its data is read. */
export interface CompanyField {
  readonly write: (run: PlanRun) => MaybePromise<readonly BodyPart[]>;
  /** Descriptions of its requests. */
  readonly reads?: readonly string[];
}

/** A list's arguments, converted to a query for Sage. */
export interface PreparedPage {
  readonly request: PageRequest;
  /** The single request for the page, with its query; undefined if it needs several. */
  readonly path: string | undefined;
}

/** Maximum number of companies whose prepared pages one field keeps. */
const MAX_PREPARED = 100;

/** A list of a company: `sage200 { customers }`. @throws Bailout */
export function planList(type: RowType, path: string, field: SelectedField, context: PlanContext): CompanyField {
  const connection = planConnection(type, field, context);
  const { wants } = connection;
  const writePage = pageWriter(connection);
  const prepare = pagePreparer(type, path, field, connection, context);

  const write = (run: PlanRun): MaybePromise<readonly BodyPart[]> => {
    const { request, path: onePath } = prepare(run);
    const total = wants.totalCount
      ? handled(countRows(run.scope, path, request.filter, request.parameters))
      : undefined;
    const written = (page: Page) => writeConnections(connection, request, [{ page, total }], run);
    if (!wants.rows) return written({ rows: [], hasNextPage: false, offset: 0 });
    if (onePath === undefined) return readPage(run.scope, path, request, connection.shape, wants).then(written);
    const { client } = run.scope.operation.engine;
    return client.read(run.scope.reading, onePath, 'collection').then((reply) =>
      andThen(run.scope.pace(request.first), () =>
        andThen(reply && writePage?.(reply, request, total, run), (page) => {
          if (page) return page;
          if (reply) holdRows(run.scope.reading, reply);
          const rows = toList(reply?.value());
          if (mayGoOn(request, wants) && rows.length >= request.first)
            return readPage(run.scope, path, request, connection.shape, wants).then(written);
          return written(counted(toPage(rows, request), run));
        }),
      ),
    );
  };

  const query = describeQuery(printQuery(printShape(connection.shape)));
  const reads = [
    ...(wants.rows ? [`GET ${path}${query}, filter, order and page as the arguments say`] : []),
    ...(wants.rows && writePage ? ['its rows are written from the text of the answer, which is not parsed'] : []),
    ...(wants.totalCount ? [`GET ${path}?$count=true`] : []),
    ...connectionReads(connection),
  ];
  return { write, reads };
}

/** After a full page of the largest size, a request has to check whether another page follows. */
const mayGoOn = ({ first }: PageRequest, wants: PageWants): boolean => wants.hasNextPage && first >= MAX_PAGE_SIZE;

/** Pages that are written from the text of the answer are counted there. */
function counted(page: Page, { scope }: PlanRun): Page {
  const { calls } = scope.reading;
  if (calls) calls.rows += page.rows.length;
  return page;
}

function toPage(rows: Record<string, unknown>[], { first, cursor }: PageRequest): Page {
  const offset = cursor && 'skip' in cursor ? cursor.skip : 0;
  return { rows: rows.length > first ? rows.slice(0, first) : rows, hasNextPage: rows.length > first, offset };
}

/** Without variables in its arguments, a list always has the same URL, which only ids in a filter make a company's own. */
function pagePreparer(
  type: RowType,
  path: string,
  { name, nodes: [node] }: SelectedField,
  { shape, wants }: ConnectionPlan,
  context: PlanContext,
): (run: PlanRun) => PreparedPage {
  const definition = fieldDefinition(context, 'Sage200', name);
  const argumentsOf = argumentReader(definition, node);
  const varies = hasVariables(node);
  const prepare = ({ scope, variables }: PlanRun): PreparedPage => {
    const given: ListArguments = argumentsOf(variables);
    const request = toPageRequest(type, given, scope);
    const query = pageQuery(request, shape, wants);
    const isOneCall = request.first > 0 && query.filter.op !== 'never' && isInOneCall(scope, query);
    return { request, path: isOneCall ? scope.operation.engine.client.addressOf(path, query) : undefined };
  };
  /** The maximum length of a chain is learned from refusals, so prepared pages have no chains. */
  const isInOneCall = (scope: CompanyScope, query: PageQuery): boolean => {
    const chain = chainOf(query.filter);
    return chain === undefined || (varies && isShortChain(scope, path, query, chain));
  };
  if (varies) return prepare;
  const prepared = new BoundedCache<string, PreparedPage>({ name: 'prepared pages', maxEntries: MAX_PREPARED });
  const isOfCompany = node.arguments?.some(({ name: { value } }) => value === 'filter') === true;
  return (run) => prepared.getOrMake(isOfCompany ? companyKey(run.scope) : '', () => prepare(run));
}

const companyKey = ({ company }: CompanyScope): string => `${company.site}\n${company.company}`;
