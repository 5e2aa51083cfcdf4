import { expect, test } from 'vitest';
import { Secret } from '../../../src/kit/errors/index.ts';
import { createLog } from '../../../src/kit/log/index.ts';

const MARKER = 'planted-secret-marker';

async function logged(format: 'json' | 'pretty', write: (log: Awaited<ReturnType<typeof createLog>>) => void) {
  const lines: string[] = [];
  const log = await createLog({ level: 'debug', format, destination: { write: (line) => void lines.push(line) } });
  write(log.child({ area: 'tokens' }));
  return lines.join('');
}

test.each(['json', 'pretty'] as const)('a %s log shows what happened and none of the secrets in it', async (format) => {
  const text = await logged(format, (log) => {
    const error = new Error('the outer reason', {
      cause: Object.assign(new Error('the inner reason'), {
        code: 'ECONNRESET',
        response: { headers: { authorization: MARKER } },
      }),
    });
    log.error({ err: error, token: new Secret(MARKER), authorization: `Bearer ${MARKER}` }, 'renewal failed');
    log.info({ req: { method: 'GET', url: `/callback?code=${MARKER}`, headers: { cookie: MARKER } } });
    log.info({ res: { statusCode: 302, headers: { 'set-cookie': MARKER } }, upstream: { headers: { a: MARKER } } });
    log.warn({ answer: { body: MARKER, inner: { refresh_token: MARKER, clientSecret: MARKER } } });
  });

  expect(text).not.toContain(MARKER);
  for (const shown of ['renewal failed', 'the outer reason', 'the inner reason', 'ECONNRESET', '/callback', '302']) {
    expect(text).toContain(shown);
  }
});

test('a JSON line has its level as a word, its time, area and message', async () => {
  const text = await logged('json', (log) => log.debug('hello'));

  expect(JSON.parse(text)).toEqual({ level: 'debug', time: expect.any(String), area: 'tokens', msg: 'hello' });
});

test('an error whose causes go in a circle is still logged', async () => {
  const error = new Error('round');
  error.cause = error;

  expect(await logged('json', (log) => log.error(error))).toContain('round');
});
