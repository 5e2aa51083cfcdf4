import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parse, print } from 'graphql';
import { expect, test } from 'vitest';
import { lightDocument } from '../../src/kit/light-document.ts';

test('a document is created once while it is in use, and again, equal, after it was forgotten', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let times = 0;
  const document = lightDocument(() => {
    times += 1;
    return parse('type Query { a: Int }').definitions;
  });
  const first = print(document);
  print(document);

  expect(times).toBe(1);
  await expect
    .poll(() => {
      collect();
      return print(document) === first && times;
    })
    .toBeGreaterThan(1);
});
