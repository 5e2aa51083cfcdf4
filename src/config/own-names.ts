import { connectionsNamedIn } from '../callers/index.ts';
import type { Config } from './config.ts';

/** Names that the configuration uses: tenants, their ids, and connections. No client in the directory may use them. */
export const ownNamesIn = ({ callers, erp }: Pick<Config, 'callers' | 'erp'>): ReadonlySet<string> =>
  new Set([...connectionsNamedIn(callers), ...erp.tenants.flatMap(({ name, tenantId }) => [name, tenantId])]);
