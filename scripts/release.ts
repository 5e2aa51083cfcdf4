// Makes a release: node scripts/release.ts 0.2.0
import { execFileSync, execSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toReleased } from './to-released.ts';

const root = join(import.meta.dirname, '..');
const [version = ''] = process.argv.slice(2);

const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: root, stdio: 'inherit' });
// Through a shell, since npm is a batch file on Windows.
const npm = (command: string) => execSync(`npm ${command}`, { cwd: root, stdio: 'inherit' });
const ask = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: root, encoding: 'utf8' }).trim();

try {
  if (ask('git', 'status', '--porcelain') !== '') throw new Error('Commit or put away what is changed first.');
  if (ask('git', 'branch', '--show-current') !== 'main') throw new Error('Releases are made of main.');
  const before = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  const changelog = join(root, 'CHANGELOG.md');
  const today = new Date().toISOString().slice(0, 10);
  const released = toReleased(readFileSync(changelog, 'utf8'), { version, before, today });
  npm('run check');
  writeFileSync(changelog, released);
  npm(`version ${version} --no-git-tag-version`);
  run('git', 'commit', '--all', '--message', `Release ${version}`);
  run('git', 'tag', '--annotate', `v${version}`, '--message', `Version ${version}`);
  process.stdout.write(`v${version} is made. Push it with: git push --follow-tags\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
