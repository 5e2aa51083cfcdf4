import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { liveSettingsWith } from '../../src/reload/live-settings.ts';
import { SOURCES } from '../../src/subschemas/sources.ts';

test('docs/deploying.md lists exactly the settings that take effect without a restart', () => {
  const text = readFileSync(new URL('../../docs/deploying.md', import.meta.url), 'utf8');
  const table = text.split('<!-- live settings')[1]?.split('\n\n')[0] ?? '';

  const rows = liveSettingsWith(SOURCES).map(
    ({ name, but = [] }) => `| \`${name}\` | ${but.map((key) => `\`${key}\` `).join('')}|`,
  );

  expect(table.split('\n').slice(3)).toEqual(rows);
});
