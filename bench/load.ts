import { Pool } from 'undici';

export interface Load {
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly concurrency: number;
  readonly durationMs: number;
}

/** Requests answered a second, with so many under way at a time, for so long. Fails on the first answer that is not 200. */
export async function measure({
  origin,
  path,
  method,
  body,
  headers = {},
  concurrency,
  durationMs,
}: Load): Promise<number> {
  const pool = new Pool(origin, { connections: concurrency });
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  let answered = 0;
  const work = async () => {
    while (performance.now() < endsAt) {
      const response = await pool.request({ path, method, headers, body: body ?? null });
      const text = await response.body.arrayBuffer();
      if (response.statusCode !== 200)
        throw new Error(
          `${origin}${path} answered ${response.statusCode}: ${Buffer.from(text).toString().slice(0, 500)}`,
        );
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const seconds = (performance.now() - startedAt) / 1_000;
  await pool.close();
  return answered / seconds;
}
