import { type ReadContext, readList, readSingle } from './read.ts';
import type { Route } from './routes.ts';
import type { Locks } from './writes/locks.ts';

const MAY_BE_LOCKED = /^(sop_orders|sop_quotes|sop_returns|pop_orders)$/;

/** `$expand=is_to_lock` locks what is read, and `lock_id` shows the lock. */
export function lockWhatIsRead(
  context: ReadContext,
  locks: Locks,
  route: Route,
  params: URLSearchParams,
  owner: string,
): void {
  const { resource } = route;
  const expanded = (params.get('$expand') ?? '').split(',').map((name) => name.trim());
  if (!MAY_BE_LOCKED.test(resource.name) || !expanded.includes('is_to_lock')) return;
  const table = context.store.table(resource.name);
  const lists = new URLSearchParams(params);
  lists.set('$select', 'id');
  lists.delete('$expand');
  const text = route.verb === 'LIST' ? readList(context, route, lists) : `[${readSingle(context, route, lists)}]`;
  const rows = JSON.parse(text) as { id: number }[];
  for (const { id } of Array.isArray(rows) ? rows : []) {
    if (id !== undefined) table.update(id, { lock_id: locks.take(`${resource.name}/${id}`, owner) });
  }
}
