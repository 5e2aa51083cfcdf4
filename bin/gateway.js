#!/usr/bin/env node
// JavaScript, so that every Node can read it: an old one is refused in words rather than for the ending .ts, and what is
// kept of the last start is found before the first TypeScript file is read, which spares loading Node's own compiler.
import module from 'node:module';
import { setFlagsFromString } from 'node:v8';

if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(
    `The gateway needs Node 24 or newer, and this is ${process.versions.node}: https://nodejs.org\n`,
  );
  process.exit(1);
}
// V8 puts objects made where others lived long among the old ones at once. Under load it takes a request's objects for such,
// and each of them then keeps the rest of its request until the whole heap is collected, several times a second.
setFlagsFromString('--no-allocation-site-pretenuring');
module.enableCompileCache();
await import('../src/main.ts');
