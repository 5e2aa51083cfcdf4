import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PROXY_HEADERS, wasForwarded } from '../../src/kit/this-machine.ts';

test('docs/connecting.md lists exactly the headers that reveal a proxy', () => {
  const text = readFileSync(new URL('../../docs/connecting.md', import.meta.url), 'utf8');
  const [, list = ''] = /^These are the headers that proxies.*:\n((?:`.*\n)+)/m.exec(text) ?? [];
  const names = [...list.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

  expect(names).toEqual(PROXY_HEADERS);
  for (const name of PROXY_HEADERS)
    expect([name, wasForwarded({ headers: { host: 'localhost', [name.replace('*', 'x')]: '' } })]).toEqual([
      name,
      true,
    ]);
});
