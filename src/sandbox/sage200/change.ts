import type { SandboxRequest } from '../sandbox-server.ts';
import { isNested } from './catalogue.ts';
import { type ReadContext, renderOne } from './read.ts';
import type { Route } from './routes.ts';
import { parseBody } from './writes/parse-body.ts';
import { type Outcome, remove, type WriteState, write } from './writes/write.ts';

/** Carries out a write and returns the object, as JSON text. @throws ApiError 400 or 404; then nothing is changed. */
export function change(context: ReadContext, state: WriteState, route: Route, request: SandboxRequest): string {
  if (request.method === 'DELETE') {
    return state.store.transact(() => {
      const removed = renderOne(context, route, { select: undefined, expand: [] });
      remove(state, route);
      return removed;
    });
  }
  const text = request.body.toString('utf8');
  const body = text.trim() === '' ? undefined : parseBody(text);
  const outcome = state.store.transact(() => write(state, route, body));
  return renderOutcome(context, route, outcome, body);
}

function renderOutcome(context: ReadContext, route: Route, outcome: Outcome, body: unknown): string {
  if (outcome.kind === 'object') return JSON.stringify(outcome.value);
  const resource = context.catalogue.resources.get(outcome.resourceName) ?? route.resource;
  // The answer shows the children that were sent, and all children of a draft (inferred).
  const sent = Object.keys((body ?? {}) as object);
  const isDraft = route.resource.kind === 'action';
  const nested = resource.fields.filter((field) => isNested(field) && (isDraft || sent.includes(field.name)));
  const query = {
    select: undefined,
    expand: nested.map((field) => field.expands[0] ?? '').filter(Boolean),
  };
  const render = (id: number | bigint) => renderOne(context, { ...route, resource, ancestors: [], id }, query);
  if (outcome.kind === 'rows') return `[${outcome.ids.map(render).join(',')}]`;
  const text = render(outcome.id);
  // The place of a line's failure in the body of a successful PUT is not documented (inferred).
  return outcome.message === undefined ? text : `${text.slice(0, -1)},"Message":${JSON.stringify(outcome.message)}}`;
}
