const VERSION = /^(\d+)\.(\d+)\.(\d+)$/;

export interface Release {
  readonly version: string;
  /** The version there is. */
  readonly before: string;
  /** Such as 2026-11-30. */
  readonly today: string;
}

/**
 * The changelog with what was unreleased under its version.
 * @throws Error in words when there is nothing to release, or the version is none or not a later one
 */
export function toReleased(changelog: string, { version, before, today }: Release): string {
  if (!VERSION.test(version)) throw new Error(`Name the version, such as 0.2.0: node scripts/release.ts 0.2.0`);
  if (!isLater(version, before)) throw new Error(`${version} does not come after ${before}.`);
  const heading = '## Unreleased\n';
  const start = changelog.indexOf(heading);
  const end = changelog.indexOf('\n## ', start + heading.length);
  const changes = changelog.slice(start + heading.length, end === -1 ? undefined : end).trim();
  if (start === -1 || changes === '') throw new Error('CHANGELOG.md has nothing under "## Unreleased".');
  const rest = end === -1 ? '' : changelog.slice(end);
  return `${changelog.slice(0, start)}${heading}\n## ${version} (${today})\n\n${changes}\n${rest}`;
}

function isLater(version: string, before: string): boolean {
  const [one, other] = [version, before].map((each) => each.split('.').map(Number));
  const at = [0, 1, 2].find((index) => one?.[index] !== other?.[index]);
  return at !== undefined && (one?.[at] ?? 0) > (other?.[at] ?? 0);
}
