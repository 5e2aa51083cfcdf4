import type { LoggedRequest } from '../../src/sandbox/index.ts';
import { parseFilter, shapeOf } from './odata-tree.ts';

/**
 * What a request asks for, with all values left out: method, path, names of options and headers, the tree of the
 * filter, names and kinds in the body. Two requests that differ only in values have the same.
 */
export function sentShape({ method, path, headers, body }: LoggedRequest): string {
  const [address = '', query = ''] = path.split('?', 2);
  const segments = address.split('/').map((segment) => (/^\d{1,19}$/.test(segment) ? '#' : segment));
  const options = query.split('&').map((option) => {
    const at = option.indexOf('=');
    const [name, value] = [option.slice(0, at), option.slice(at + 1)];
    if (name === '$filter') return `${name}=${shapeOf(parseFilter(value))}`;
    return `${name}=${/^\d+$/.test(value) ? '#' : value}`;
  });
  const company = [headers['x-site']?.replace(/^[\w-]{1,64}$/, '#'), headers['x-company']?.replace(/^\d{1,10}$/, '#')];
  const rest = path.split('?').length > 2 ? 'a second ?' : '';
  return JSON.stringify([method, segments, options, namesOf(headers), company, kindsIn(body), rest]);
}

/** A tenant's request: the document as it stands, and the names and kinds of its variables, filters read as JSON. */
export function erpShape({ body }: LoggedRequest): string {
  const { query, variables } = body as { query: string; variables?: Record<string, unknown> };
  const kinds = Object.entries(variables ?? {}).map(([name, value]) => [
    name,
    typeof value === 'string' ? kindsIn(JSON.parse(value)) : typeof value,
  ]);
  return JSON.stringify([query, kinds, namesOf(body as object)]);
}

function kindsIn(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(kindsIn(item))))];
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  const members = value as Record<string, unknown>;
  return namesOf(members).map((name) => [name, kindsIn(members[name])]);
}

const namesOf = (value: object): string[] => Object.keys(value).sort((one, other) => (one < other ? -1 : 1));
