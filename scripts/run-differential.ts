// The differential test at length: many more operations than a usual run of the tests has.
import { spawnSync } from 'node:child_process';

const VITEST = 'node_modules/vitest/vitest.mjs';
const { status } = spawnSync(process.execPath, [VITEST, 'run', 'test/differential/differential.test.ts'], {
  cwd: new URL('../', import.meta.url),
  // biome-ignore lint/style/noProcessEnv: handed on to the tests
  env: { DIFFERENTIAL_RUNS: '5000', ...process.env },
  stdio: 'inherit',
});
process.exit(status ?? 1);
