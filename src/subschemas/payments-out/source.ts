import { defineSource } from '../source.ts';
import { networkSection } from './section.ts';

/** Payments Out on the Sage Network Platform. */
export const network = defineSource({
  section: networkSection,
  right: {
    name: 'paymentsOut',
    description: 'Whether this caller may read from Payments Out, write to it too, or neither.',
  },
  open: async (settings, parts) =>
    (await import('./create-payments-out-from.ts')).createPaymentsOutFrom(settings, parts),
});
