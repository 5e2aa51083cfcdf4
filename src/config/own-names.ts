import { connectionsNamedIn } from '../callers/index.ts';
import type { Config } from './config.ts';

/** Names that are the configuration's own: tenants, their ids, and connections. No client of the directory takes one over. */
export const ownNamesIn = ({ callers, erp }: Pick<Config, 'callers' | 'erp'>): ReadonlySet<string> =>
  new Set([...connectionsNamedIn(callers), ...erp.tenants.flatMap(({ name, tenantId }) => [name, tenantId])]);
