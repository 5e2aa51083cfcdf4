#!/usr/bin/env node
// JavaScript, so that every Node can read it: an old one is refused in words rather than for the ending .ts, and what is
// kept of the last start is found before the first TypeScript file is read, which spares loading Node's own compiler.
import module from 'node:module';

if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(
    `The gateway needs Node 24 or newer, and this is ${process.versions.node}: https://nodejs.org\n`,
  );
  process.exit(1);
}
module.enableCompileCache();
await import('../src/main.ts');
