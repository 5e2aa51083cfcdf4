#!/usr/bin/env node
// This file is JavaScript, so that every version of Node can read it: an old one gets a clear message instead of an error about
// the extension .ts. And the compile cache is enabled before the first TypeScript file is read, so Node's own compiler is not loaded.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { setFlagsFromString } from 'node:v8';

const { argv, env, execArgv, execPath } = process;

if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(
    `The gateway needs Node 24 or newer, and this is ${process.versions.node}: https://nodejs.org\n`,
  );
  process.exit(1);
}
startAgainWithFlags();
stopWithParent();
// V8 allocates objects in the old generation if earlier ones from the same code lived long. Under load it mistakes parts of
// requests for such objects, and each keeps the rest of its request until the whole heap is collected, several times a second.
setFlagsFromString('--no-allocation-site-pretenuring');
module.enableCompileCache();
// A clone runs its sources. A package is compiled, because Node reads no TypeScript below node_modules.
const sources = new URL('../src/main.ts', import.meta.url);
await import(existsSync(sources) ? sources.href : new URL('../dist/main.js', import.meta.url).href);

/**
 * Under load, the gateway needs a young generation of limited size and few arenas of the C library, and both can only be set
 * when a process starts. The process keeps its id and its signals. Windows has no execve; going on without only costs memory.
 */
function startAgainWithFlags() {
  const serves = argv[2] === undefined || argv[2] === 'serve';
  const isSaid = `${execArgv} ${env['NODE_OPTIONS']}`.includes('--max-semi-space-size');
  // A worker already has its parent's flags, and its channel to the parent would not survive.
  if (!serves || isSaid || process.channel || !process.execve) return;
  const allocator = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' };
  process.execve(execPath, [execPath, '--max-semi-space-size=16', ...execArgv, ...argv.slice(1)], {
    ...allocator,
    ...env,
  });
}

/** npm does not pass on every signal. So that no gateway is left running, it stops when npm has ended. */
function stopWithParent() {
  const parent = process.ppid;
  if (!env['npm_command'] || parent === 1) return;
  setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGTERM'), 500).unref();
}
