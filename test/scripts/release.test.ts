import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { toReleased } from '../../scripts/to-released.ts';

const release = { version: '0.2.0', before: '0.1.0', today: '2026-12-01' };

test('unreleased changes get their version and date, and there is a place for the next ones', () => {
  expect(toReleased('# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.1.0\n\n- Old.\n', release)).toBe(
    '# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-12-01)\n\n- New.\n\n## 0.1.0\n\n- Old.\n',
  );
  expect(toReleased('## Unreleased\n\n- New.\n', release)).toBe('## Unreleased\n\n## 0.2.0 (2026-12-01)\n\n- New.\n');
});

test('the changelog can be released', () => {
  const changelog = readFileSync(new URL('../../CHANGELOG.md', import.meta.url), 'utf8');
  // After a release there is nothing yet.
  const changed = changelog.replace('## Unreleased\n', '## Unreleased\n\n- New.\n');

  expect(toReleased(changed, { ...release, version: '99.0.0' })).toContain('## 99.0.0 (2026-12-01)\n\n- New.');
});

test.each([
  ['', 'Name the version'],
  ['v0.2.0', 'Name the version'],
  ['0.1.0', 'does not come after'],
  ['0.0.9', 'does not come after'],
])('version "%s" is refused with an explanation', (version, words) => {
  expect(() => toReleased('## Unreleased\n\n- New.\n', { ...release, version })).toThrow(words);
});

test('without changes there is nothing to release', () => {
  for (const changelog of ['# Changelog\n', '## Unreleased\n\n## 0.1.0\n\n- Old.\n'])
    expect(() => toReleased(changelog, release)).toThrow('nothing under');
});
