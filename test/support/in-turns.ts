/** Does `work` for 0, 1, … up to `count`, at most `atOnce` at a time. @returns what came of each, in their order. */
export async function inTurns<Result>(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const take = async () => {
    for (let index = next++; index < count; index = next++) results[index] = await work(index);
  };
  await Promise.all(Array.from({ length: atOnce }, take));
  return results;
}

/** How much of something long a test does: what CI does, or the number in an environment variable. */
export const timesOf = (variable: string, usual: number): number => Number(process.env[variable] ?? usual);
