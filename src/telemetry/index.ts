import type { Telemetry, TelemetryOptions } from './telemetry.ts';

export type { RequestTrace, Telemetry } from './telemetry.ts';

/** Loads OpenTelemetry, only when it is used: it takes time and memory. */
export async function loadTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { createTelemetry } = await import('./telemetry.ts');
  return createTelemetry(options);
}
