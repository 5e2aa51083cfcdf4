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

test('an error with circular causes is still logged', async () => {
  const error = new Error('round');
  error.cause = error;

  expect(await logged('json', (log) => log.error(error))).toContain('round');
});

const STEERING = 'a\nb\r\u2028c\u2029\u0085\u009b31m\u001b[31m\u007f\u061c\u200e\u200f\u202ed\u2066e';
/** All that breaks a line, is a control character or turns the direction of writing. */
const ACTING = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}]/u;

test.each(['json', 'pretty'] as const)(
  'in a %s log no foreign text breaks a line or controls a terminal',
  async (format) => {
    const text = await logged(format, (log) => {
      log.warn({ caller: STEERING, deep: { list: [STEERING], [STEERING]: STEERING }, [STEERING]: 1 }, STEERING);
      log.error({ err: Object.assign(new Error(STEERING, { cause: new Error(STEERING) }), { code: STEERING }) });
      log.info({ req: { method: STEERING, url: `/${STEERING}?` }, res: { statusCode: STEERING } });
      log.child({ area: STEERING }).info(STEERING);
    });

    // The ends of the lines that the log itself wrote, and pretty ones have several.
    for (const line of text.split('\n')) expect(line).not.toMatch(ACTING);
    const begun = text.split('\n').filter((line) => /^(\{"level"|\[\d\d:\d\d:\d\d\])/.test(line));
    expect(begun).toHaveLength(4);
    expect(text).toContain(
      'a\\nb\\r\\u2028c\\u2029\\u0085\\u009b31m\\u001b[31m\\u007f\\u061c\\u200e\\u200f\\u202ed\\u2066e',
    );
  },
);

test('a line of the JSON log contains exactly what was logged', async () => {
  const line = await logged('json', (log) => log.warn({ caller: STEERING }, STEERING));

  expect(JSON.parse(line)).toMatchObject({ caller: STEERING, msg: STEERING });
});

test.each(['json', 'pretty'] as const)(
  'an error of a megabyte takes no more of a %s log than 16 kB',
  async (format) => {
    const text = await logged(format, (log) => log.error({ err: new Error('a-'.repeat(500_000)) }, 'failed'));

    expect(text.length).toBeLessThan(17_000);
  },
);

test('a pretty line fits 80 columns, and the rest is indented', async () => {
  const words = 'the vault was changed outside of this gateway by hand '.repeat(4).trim();
  const text = await logged('pretty', (log) => log.warn({ advice: words }, words));

  const lines = text.trimEnd().split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines[1]).toMatch(/^ {4}\S/);
  expect(text.replace(/\n +/g, ' ')).toContain(words);
});
