import type { Phase } from './phase.ts';

/** Refuses operations when there is no memory left. A mutation that was accepted is always finished. */
export const limitMemory: Phase = {
  onRequest({ exchange }) {
    exchange.flight.admit();
  },
  onOperation({ exchange }, { kind }) {
    if (kind === 'mutation') exchange.flight.isSpared = true;
  },
};
