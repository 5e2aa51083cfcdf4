import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Vitest begins with the largest files. These are small but take long, and would run alone at the end. */
const LONG = /(soak\/soak|e2e\/rolling-restart|cli\/log-reader|package\/image)\.test\.ts$/;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  // Packages load graphql's CommonJS build; ours must be the same copy, or every stitched schema
  // fails with "Cannot use GraphQLObjectType from another module or realm".
  resolve: {
    alias: [
      { find: /^graphql$/, replacement: 'graphql/index.js' },
      // Examples import it as their readers would.
      { find: 'sage-gateway/client-caches', replacement: join(import.meta.dirname, 'src/client-caches.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/fast-check.ts'],
    // Real processes on a machine that has other things to do: what waits for a state waits for it long, and is quick when it comes.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    // Two cores: each file starts real servers, so more workers only make them wait for each other.
    maxWorkers: 2,
    // Files share a process: loading the sources once for each file took a quarter of the time.
    isolate: false,
    sequence: { sequencer: LongFirst },
    server: { deps: { inline: [] } },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/generated/**'],
      reporter: ['json-summary'],
      reportsDirectory: 'coverage',
      reportOnFailure: true,
    },
  },
});
