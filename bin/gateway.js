#!/usr/bin/env node
// JavaScript, so that every Node can read it: an old one is refused in words rather than for the ending .ts, and what is
// kept of the last start is found before the first TypeScript file is read, which spares loading Node's own compiler.
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
// V8 puts objects made where others lived long among the old ones at once. Under load it takes a request's objects for such,
// and each of them then keeps the rest of its request until the whole heap is collected, several times a second.
setFlagsFromString('--no-allocation-site-pretenuring');
module.enableCompileCache();
// A clone runs its sources. A package has them compiled: Node reads no TypeScript below node_modules.
const sources = new URL('../src/main.ts', import.meta.url);
await import(existsSync(sources) ? sources.href : new URL('../dist/main.js', import.meta.url).href);

/**
 * What serves under load wants a young generation of a bounded size and few arenas of the C library, and both can only
 * be said to a process that begins. The process stays the same one, with its id and its signals. Windows has no execve,
 * and goes on without: it costs memory alone.
 */
function startAgainWithFlags() {
  const serves = argv[2] === undefined || argv[2] === 'serve';
  const isSaid = `${execArgv} ${env['NODE_OPTIONS']}`.includes('--max-semi-space-size');
  // A worker has a channel to its parent that would not survive, and the flags of its parent.
  if (!serves || isSaid || process.channel || !process.execve) return;
  const allocator = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' };
  process.execve(execPath, [execPath, '--max-semi-space-size=16', ...execArgv, ...argv.slice(1)], {
    ...allocator,
    ...env,
  });
}

/** npm does not hand every signal on, and a gateway that nobody can stop would go on serving: it stops when npm is gone. */
function stopWithParent() {
  const parent = process.ppid;
  if (!env['npm_command'] || parent === 1) return;
  setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGTERM'), 500).unref();
}
