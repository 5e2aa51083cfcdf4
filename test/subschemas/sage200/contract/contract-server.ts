import type { HttpRequest, HttpResponse, Send } from '../../../../src/kit/http/index.ts';
import { checkBody } from './body.ts';
import { type Contract, FILTERED_BY, type Kind, kindsOf, LIST_OPTIONS, readContracts } from './contract.ts';
import { orderOf, parseFilter, type Row } from './filter.ts';
import { embeddedRow, idAt, makeRows, shown } from './made-rows.ts';

/** Sage 200 as its reference describes it, and nothing beside: whatever is asked otherwise is a violation. */
export interface ContractServer {
  readonly send: Send;
  /** What was asked against the contract, with the request. */
  readonly violations: readonly string[];
  /** `GET /customers?$top=5`, oldest first. */
  readonly requests: readonly string[];
  /** The writes among them, with `#` for each id: `PUT /customers/#`, and each plain value of their bodies. */
  readonly writes: readonly { readonly operation: string; readonly values: readonly string[] }[];
  clear(): void;
}

export interface ContractServerOptions {
  readonly baseUrl: string;
  readonly maxUrlBytes: number;
  /** Rows of each list. */
  readonly rows: number;
}

interface Operation {
  readonly contract: Contract;
  readonly template: string;
  readonly isList: boolean;
}

type Asked = URLSearchParams;

export function createContractServer(options: ContractServerOptions): ContractServer {
  const contracts = new Map(readContracts().map((contract) => [contract.name, contract]));
  const operations = readOperations(contracts.values());
  const rows = new Map<string, readonly Row[]>();
  const rowsOf = (contract: Contract): readonly Row[] => {
    const known = rows.get(contract.name) ?? makeRows(contract, options.rows);
    rows.set(contract.name, known);
    return known;
  };
  const violations: string[] = [];
  const requests: string[] = [];
  const writes: { operation: string; values: readonly string[] }[] = [];

  const answerGet = (operation: Operation, path: string, asked: Asked): unknown => {
    const reading = readShape(contracts, rowsOf, operation, asked);
    const all = rowsOf(operation.contract);
    if (operation.isList) return readList(operation.contract, all, asked, reading);
    const id = /\/(\d+)$/.exec(path)?.[1];
    const found = id === undefined ? all[0] : all.find((row) => String(row['id'] ?? id) === id);
    return found && reading(found);
  };

  const answer = ({ method, url, headers = {}, body = '' }: HttpRequest): HttpResponse => {
    if (url.length > options.maxUrlBytes) throw new Error(`an address of ${url.length} characters`);
    const [path = '', query = ''] = url.slice(options.baseUrl.length).split('?');
    const name = `${method} ${path.replace(/\/\d+(?=\/|$)/g, '/#')}`;
    const operation = operations.get(name);
    if (!operation) throw new Error('no such operation');
    if (method === 'GET') {
      const asked = new URLSearchParams(query);
      checkOptions(operation, asked);
      const value = answerGet(operation, path, asked);
      return value === undefined ? reply(404, { Message: 'There is no such row.' }) : reply(200, value);
    }
    if (query !== '') throw new Error(`options on a ${method}`);
    if (method === 'DELETE' && body !== '') throw new Error('a body on a DELETE');
    const write = { operation: name, values: [] as readonly string[] };
    writes.push(write);
    if (method !== 'DELETE') write.values = checkBody(name, headers['content-type'], String(body));
    // What a write answers is not the matter here: a row with every plain column will do.
    const [row = {}] = rowsOf(operation.contract);
    const kinds = kindsOf(operation.contract.columns);
    const columns = [...kinds].map(([name, kind]) => [name, shown(name, kind, row[name])] as const);
    const whole = Object.fromEntries(columns.length > 0 ? columns : [['id', idAt(0)]]);
    return reply(200, operation.isList ? [whole] : whole);
  };

  return {
    violations,
    requests,
    writes,
    clear() {
      violations.length = 0;
      requests.length = 0;
      writes.length = 0;
    },
    async send(request) {
      const { method, url } = request;
      requests.push(`${method} ${url.slice(options.baseUrl.length)}`);
      try {
        return answer(request);
      } catch (error) {
        const { message } = error as Error;
        violations.push(`${message}: ${method} ${decodeURIComponent(url.slice(options.baseUrl.length)).slice(0, 300)}`);
        return reply(400, { Message: message });
      }
    },
  };
}

const reply = (status: number, body: unknown): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(body)),
});

function readOperations(contracts: Iterable<Contract>): Map<string, Operation> {
  const found = new Map<string, Operation>();
  for (const contract of contracts)
    for (const text of contract.operations) {
      const [method = '', path = ''] = text.split(' ');
      const template = path.replace('[]', '');
      const key = `${method} ${template.replace(/\{\w+\}/g, '#')}`;
      found.set(key, { contract, template, isList: path.endsWith('[]') });
    }
  return found;
}

const ROW_OPTIONS = new Set(['$select', '$expand', '$filter']);
const OPTIONS = new Set([...ROW_OPTIONS, '$orderby', '$top', '$skip', '$count']);

function checkOptions({ contract, isList }: Operation, asked: Asked): void {
  for (const [name, value] of asked) {
    if (asked.getAll(name).length > 1) throw new Error(`${name} twice`);
    if (isList && LIST_OPTIONS[name]) {
      const { lists, value: form } = LIST_OPTIONS[name];
      if (!lists.test(contract.name) || !form.test(value)) throw new Error(`${name}=${value}`);
    } else if (!(isList ? OPTIONS : ROW_OPTIONS).has(name)) throw new Error(`the option ${name}`);
  }
  if (!isList && asked.has('$filter') && !FILTERED_BY[contract.name]) throw new Error('a filter on a row');
  if (asked.has('$skip') && !asked.has('$orderby')) throw new Error('$skip without $orderby');
  const top = asked.get('$top');
  if (top !== null && !(/^[1-9]\d{0,3}$/.test(top) && Number(top) <= 5_000)) throw new Error(`$top=${top}`);
  const filter = asked.get('$filter');
  if (filter !== null) parseFilter(filter, FILTERED_BY[contract.name] ?? kindsOf(contract.columns));
}

/** What is answered of a row, by `$select` and `$expand`. */
function readShape(
  contracts: ReadonlyMap<string, Contract>,
  rowsOf: (contract: Contract) => readonly Row[],
  { contract }: Operation,
  asked: Asked,
): (row: Row) => Row {
  const { expand = {}, switched = {}, columns } = contract;
  const kinds = kindsOf(columns);
  const expanded = asked.get('$expand')?.split(',') ?? [];
  const unknown = expanded.find((name) => !expand[name] && !Object.values(switched).flat().includes(name));
  if (unknown !== undefined) throw new Error(`$expand of ${unknown}`);
  const inner = new Map<string, { kinds: ReadonlyMap<string, Kind>; list: boolean; row: Row }>();
  for (const [name, { of, list, always }] of Object.entries(expand)) {
    if (!always && !expanded.includes(name)) continue;
    const target = typeof of === 'string' ? contracts.get(of) : undefined;
    const innerColumns = target?.columns ?? (typeof of === 'string' ? {} : of);
    const row = target ? (rowsOf(target)[0] ?? {}) : embeddedRow(name, innerColumns);
    inner.set(name, { kinds: kindsOf(innerColumns), list: list === true, row });
  }
  const selected = asked.get('$select')?.split(',');
  const isSwitchedOn = (name: string) => switched[name]?.some((option) => expanded.includes(option)) ?? true;
  for (const name of selected ?? []) checkSelected(name, kinds, isSwitchedOn, inner);
  const names = new Set(selected);
  const isSelected = (name: string) => selected === undefined || names.has(name);
  const shownKinds = [...kinds].filter(([name]) => isSelected(name) && isSwitchedOn(name));
  return (row) => {
    const answer: Record<string, unknown> = {};
    for (const [name, kind] of shownKinds) answer[name] = shown(name, kind, row[name]);
    for (const [name, { kinds: below, list, row: innerRow }] of inner) {
      const isWhole = isSelected(name);
      const chosen = [...below].filter(([field]) => isWhole || isSelected(`${name}.${field}`));
      if (chosen.length === 0 && selected) continue;
      const value = Object.fromEntries(chosen.map(([field, kind]) => [field, shown(field, kind, innerRow[field])]));
      answer[name] = list ? [value] : value;
    }
    return answer;
  };
}

function checkSelected(
  path: string,
  kinds: ReadonlyMap<string, Kind>,
  isSwitchedOn: (name: string) => boolean,
  inner: ReadonlyMap<string, { readonly kinds: ReadonlyMap<string, Kind> }>,
): void {
  const [name = '', field] = path.split('.');
  if (field === undefined) {
    if (!kinds.has(name) && !inner.has(name)) throw new Error(`$select of ${path}`);
    if (!isSwitchedOn(name)) throw new Error(`$select of ${path} without its $expand`);
    return;
  }
  const below = inner.get(name);
  // What a few resources of the newest release hold is not documented.
  if (!below || (below.kinds.size > 0 && !below.kinds.has(field))) throw new Error(`$select of ${path}`);
}

function readList(contract: Contract, all: readonly Row[], asked: Asked, reading: (row: Row) => Row): unknown {
  const kinds = kindsOf(contract.columns);
  const filter = asked.get('$filter');
  const restricted = FILTERED_BY[contract.name];
  const meets = filter === null || restricted ? () => true : parseFilter(filter, kinds);
  const found = all.filter((row) => meets(row) === true);
  if (asked.get('$count') === 'true') return found.length;
  const order = (asked.get('$orderby') ?? '').split(',').filter(Boolean).map(readKey);
  for (const { field } of order) if (!kinds.has(field)) throw new Error(`$orderby of ${field}`);
  const sorted = found.toSorted((first, second) => {
    for (const { field, sign } of order) {
      const place = orderOf(first[field] ?? null, second[field] ?? null) * sign;
      if (place !== 0) return place;
    }
    return 0;
  });
  const skip = Number(asked.get('$skip') ?? 0);
  return sorted.slice(skip, skip + Number(asked.get('$top') ?? 500)).map(reading);
}

function readKey(text: string): { readonly field: string; readonly sign: 1 | -1 } {
  const [, field = '', direction] = /^(\w+) (asc|desc)$/.exec(text) ?? [];
  if (field === '') throw new Error(`$orderby=${text}`);
  return { field, sign: direction === 'asc' ? 1 : -1 };
}
