/** Pauses of a process from what Node prints with `--trace-gc`. */
export interface GcPauses {
  readonly count: number;
  /** ms, of the longest single stop. */
  readonly longestMs: number;
  readonly totalMs: number;
}

/**
 * A line ends in `1.20 / 0.00 ms`, the stop itself; one of a marking in steps adds `(+ 30.1 ms in 20 steps since start
 * of marking, biggest step 5.0 ms`, and each step is a stop of its own.
 */
export function readGcPauses(output: string): GcPauses {
  const pauses: number[] = [];
  let longestStep = 0;
  for (const line of output.split('\n')) {
    const pause = / ms: .*?(?:Scavenge|Mark-Compact|Minor).*? (\d+\.\d+) \/ \d+\.\d+ ms/.exec(line);
    if (!pause) continue;
    pauses.push(Number(pause[1]));
    longestStep = Math.max(longestStep, Number(/biggest step (\d+\.?\d*) ms/.exec(line)?.[1] ?? 0));
  }
  return {
    count: pauses.length,
    longestMs: Math.max(0, longestStep, ...pauses),
    totalMs: pauses.reduce((sum, pause) => sum + pause, 0),
  };
}
