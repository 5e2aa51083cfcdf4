import type { Phase } from './phase.ts';

/** Takes no operation for which there is no memory. A mutation that was taken is seen to its end. */
export const limitMemory: Phase = {
  onRequest({ exchange }) {
    exchange.flight.admit();
  },
  onOperation({ exchange }, { kind }) {
    if (kind === 'mutation') exchange.flight.isSpared = true;
  },
};
