import type { Telemetry, TelemetryOptions } from './telemetry.ts';

export type { RequestTrace, Telemetry } from './telemetry.ts';

/** Loads OpenTelemetry, which takes time and memory that nobody shall spend who has no use for it. */
export async function loadTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { createTelemetry } = await import('./telemetry.ts');
  return createTelemetry(options);
}
