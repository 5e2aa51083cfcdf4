#!/usr/bin/env node
// Command line in, exit code out. Nothing is imported before the version of Node is known, and this file
// uses nothing that Node 22 would not run. Below 22.18 Node cannot read a .ts file at all and says
// 'Unknown file extension ".ts"' before a line of this runs; npm's scripts bring Node 24 with them.
const NEEDED_MAJOR = 24;

const major = Number(process.versions.node.split('.')[0]);
if (major < NEEDED_MAJOR) {
  process.stderr.write(
    `The gateway needs Node ${NEEDED_MAJOR} or newer, and this is ${process.versions.node}. ` +
      'Install it from https://nodejs.org, or start with `npm start` after `npm ci`, which brings it.\n',
  );
  process.exit(1);
}

// Start-up is mostly compiling modules: kept from the last start, that halves. Harmless where the folder is not writable.
const { enableCompileCache } = await import('node:module');
enableCompileCache();

// GraphQL's own checks for mistakes of developers cost time with every value; anyone who wants them says so.
// biome-ignore lint/style/noProcessEnv: read by libraries, and before any of them is loaded
process.env['NODE_ENV'] ??= 'production';

const { run } = await import('./cli/run.ts');
const { processEnvironment } = await import('./config/index.ts');
const { stdin, stdout, stderr } = process;
const exitCode = await run({ args: process.argv.slice(2), env: processEnvironment(), stdin, stdout, stderr });

// Kept-alive connections would hold the process for seconds after its work is done.
stdout.write('', () => process.exit(exitCode));
