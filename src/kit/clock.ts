/** ms on a monotonic clock, for pauses and deadlines: the machine's own time may be set back or forward. */
export const elapsed = (): number => performance.now();
