import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('scripts start npm through a shell: on Windows it is a batch file, which cannot be started directly', () => {
  for (const name of readdirSync(new URL('../../scripts', import.meta.url))) {
    expect(read(`scripts/${name}`), name).not.toMatch(/(spawn|exec\w*|run)\w*\)?\(\s*'(npm|npx)'/);
  }
});

test('every configuration of the debugger names the Node of the packages on Windows too', () => {
  const { configurations } = JSON.parse(read('.vscode/launch.json'));

  for (const { name, request, windows } of configurations) {
    if (request === 'attach') continue;
    const runtimeExecutable = '${workspaceFolder}/node_modules/node/bin/node.exe';
    expect(windows, name).toEqual({ runtimeExecutable });
  }
});
