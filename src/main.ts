#!/usr/bin/env node
// Command line in, exit code out. Nothing is imported before the version of Node has been checked, and this file only uses
// what Node 22 can run. Below 22.18, Node cannot read .ts files at all and fails with 'Unknown file extension ".ts"' before
// any of this runs; npm scripts use the Node 24 of the project.
const NEEDED_MAJOR = 24;

const major = Number(process.versions.node.split('.')[0]);
if (major < NEEDED_MAJOR) {
  process.stderr.write(
    `The gateway needs Node ${NEEDED_MAJOR} or newer, and this is ${process.versions.node}. ` +
      'Install it from https://nodejs.org, or start with `npm start` after `npm ci`, which brings it.\n',
  );
  process.exit(1);
}

// Starting is mostly compiling modules, and a cache halves that time. It does no harm if its folder is not writable.
const { enableCompileCache } = await import('node:module');
enableCompileCache();

// GraphQL's checks for mistakes of developers cost time with every value. Set NODE_ENV to use them.
// biome-ignore lint/style/noProcessEnv: read by libraries, and before any of them is loaded
process.env['NODE_ENV'] ??= 'production';

const { run } = await import('./cli/run.ts');
const { processEnvironment } = await import('./config/index.ts');
const { stdin, stdout, stderr } = process;
const exitCode = await run({ args: process.argv.slice(2), env: processEnvironment(), stdin, stdout, stderr });

// Otherwise, connections that are kept open would delay the end of the process by seconds.
stdout.write('', () => process.exit(exitCode));
