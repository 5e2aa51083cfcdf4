// Makes dist/, which is what the package runs: Node reads no TypeScript below node_modules.
import { spawnSync } from 'node:child_process';
import { copyFileSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

rmSync(join(root, 'dist'), { recursive: true, force: true });
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);
// The compiler takes code alone; what the code reads from disk goes beside it.
for (const asset of globSync('**/*.{json,graphql}', { cwd: join(root, 'src') }))
  copyFileSync(join(root, 'src', asset), join(root, 'dist', asset));
