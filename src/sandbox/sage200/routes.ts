import { ApiError, notFound } from './api-error.ts';
import type { Catalogue, Operation, Resource } from './catalogue.ts';

export interface Ancestor {
  readonly resourceName: string;
  readonly parameter: string;
  readonly id: number | bigint;
}

export interface Route {
  readonly verb: Operation['verb'];
  readonly resource: Resource;
  /** Rows above this one in the path, outermost first. */
  readonly ancestors: readonly Ancestor[];
  readonly id: number | bigint | undefined;
}

interface Target {
  readonly resource: Resource;
  readonly operation: Operation;
}

const METHODS = {
  LIST: 'GET',
  SINGLE: 'GET',
  GET: 'GET',
  POST: 'POST',
  PUT: 'PUT',
  BULK: 'PUT',
  DELETE: 'DELETE',
} as const;

/** Finds the operation for a method and a path below the base path; ids in paths are plain numbers. */
export function createRouter(catalogue: Catalogue): (method: string, path: string) => Route {
  const targets = new Map<string, Target>();
  for (const resource of catalogue.resources.values()) {
    for (const operation of resource.operations) {
      const pattern = operation.path.replace(/\{\w+\}/g, '#');
      targets.set(`${METHODS[operation.verb]} ${pattern}`, { resource, operation });
    }
  }
  return (method, path) => {
    // A slash at the end makes no difference to ASP.NET.
    const plain = path.endsWith('/') ? path.slice(0, -1) : path;
    const pattern = plain.replace(/\/\d+(?=\/|$)/g, '/#');
    const target = targets.get(`${method} ${pattern}`);
    // A verb that a path does not have is 404 as well. Source: Sage 200 API FAQ, status codes.
    if (!target) throw notFound();
    return toRoute(target, plain);
  };
}

function toRoute({ resource, operation }: Target, path: string): Route {
  const names = operation.path.split('/').slice(1);
  const values = path.split('/').slice(1);
  const ancestors: Ancestor[] = [];
  let id: number | bigint | undefined;
  names.forEach((name, index) => {
    if (!name.startsWith('{')) return;
    const value = toId(values[index] ?? '');
    if (name === '{id}') id = value;
    else ancestors.push({ resourceName: names[index - 1] ?? '', parameter: name.slice(1, -1), id: value });
  });
  return { verb: operation.verb, resource, ancestors, id };
}

function toId(text: string): number | bigint {
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number;
  const integer = BigInt(text);
  if (integer >= 2n ** 63n) throw new ApiError(404, 'The id is out of range.');
  return integer;
}
