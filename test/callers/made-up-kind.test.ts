import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { CALLER_KINDS, type CallerKind } from '../../src/callers/index.ts';
import { loadConfig } from '../../src/config/index.ts';
import { GatewayError } from '../../src/kit/errors/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, writeTestConfig } from '../support/test-gateway.ts';

interface BadgeSettings {
  readonly doors: readonly { readonly badge: string; readonly tenants: readonly string[] }[];
}

/** People with a badge: one file of a kind, as somebody would add it. */
const badge: CallerKind<'badges', BadgeSettings> = {
  name: 'paperBadge',
  description: 'A person with a badge.',
  section: 'badges',
  settings: () =>
    z
      .strictObject({
        doors: z.array(z.strictObject({ badge: z.string(), tenants: z.array(z.string()).prefault([]) })).prefault([]),
      })
      .prefault({})
      .describe('Badges that open a door.'),
  atMost: { admin: 'never', tenants: false },
  admits: ({ doors }) => doors.length > 0,
  check(file, faults) {
    for (const door of file.list(['callers', 'badges', 'doors']))
      if (file.text([...door, 'badge']) === 'none') faults.add([...door, 'badge'], 'is not a badge; write its number');
  },
  create: ({ doors }) => ({
    ofRequest({ headers }) {
      const shown = headers['x-badge'];
      if (shown === undefined) return undefined;
      const door = doors.find((each) => each.badge === shown);
      if (!door) throw new GatewayError('UNAUTHENTICATED', 'This badge opens no door.');
      // More than its kind may have: neither right may come through.
      return {
        id: `badge:${door.badge}`,
        kind: 'paperBadge',
        companies: 'all',
        tenants: door.tenants,
        readOnly: true,
        admin: true,
      };
    },
  }),
};

const callerKinds = [...CALLER_KINDS, badge];

test('a kind of caller is added with one line, and works, is counted and is logged like any other', async () => {
  await using sandbox = await startSandbox({ customers: 1 });
  const metrics = new Registry();
  await using gateway = await startTestGateway({
    sandbox,
    callerKinds,
    metrics,
    edit: ({ callers = {} }) => {
      delete callers['anonymous'];
      callers['badges'] = { doors: [{ badge: '7', tenants: ['acme'] }] };
    },
  });
  const ask = (headers: Record<string, string>) =>
    gateway.query(
      '{ gateway { me { id kind admin tenants } } __type(name: "GatewayCallerKind") { enumValues { name } } }',
      {
        headers,
      },
    );

  const known = await ask({ 'x-badge': '7' });
  const wrong = await ask({ 'x-badge': '8' });
  const nobody = await ask({});

  expect(known.data.gateway.me).toEqual({ id: 'badge:7', kind: 'PAPER_BADGE', admin: false, tenants: [] });
  expect(known.data.__type.enumValues).toContainEqual({ name: 'PAPER_BADGE' });
  expect(wrong.errors).toMatchObject([
    { message: 'This badge opens no door.', extensions: { code: 'UNAUTHENTICATED' } },
  ]);
  expect(nobody.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  expect(await metrics.metrics()).toContain('gateway_callers_total{kind="paperBadge"} 1');
  expect(gateway.log()).toContain('"caller":"badge:7"');
});

test('its section is checked with the others, and unknown without the kind', async () => {
  await using sandbox = await startSandbox({ customers: 1 });
  await using written = await writeTestConfig({
    sandbox,
    callerKinds,
    edit: ({ callers = {} }) => {
      callers['badges'] = { doors: [{ badge: '7' }] };
    },
  });
  const read = (text: string, kinds?: readonly CallerKind[]) => () =>
    loadConfig({ text, env: {}, ...(kinds && { callerKinds: kinds }) });

  expect(read(written.text.replace(/badge: .*/, 'badge: none'), callerKinds)).toThrow(
    'callers.badges.doors[0].badge "none" is not a badge; write its number',
  );
  expect(read(written.text.replace('doors:', 'dors:'), callerKinds)).toThrow('did you mean doors?');
  expect(read(written.text)).toThrow('callers.badges is not a setting');
});
