// Runs a generated test at length: node scripts/run-at-length.ts DIFFERENTIAL_RUNS=5000 test/differential/differential.test.ts
import { spawnSync } from 'node:child_process';

const [setting = '', file = ''] = process.argv.slice(2);
const [name = '', usual] = setting.split('=');
const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', file], {
  cwd: new URL('../', import.meta.url),
  // biome-ignore lint/style/noProcessEnv: handed on to the tests
  env: { [name]: usual, ...process.env },
  stdio: 'inherit',
});
process.exit(status ?? 1);
