import { defineSource } from '../source.ts';
import { erpSection } from './section.ts';

/** The ERP tenants: Sage Distribution and Manufacturing Operations, and Sage X3. */
export const erp = defineSource({
  section: erpSection,
  open: async (settings, parts) => (await import('./create-erp-from.ts')).createErpFrom(settings, parts),
});
