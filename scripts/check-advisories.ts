// Warns of known vulnerabilities in the packages of the lock file, and never fails: advisories appear without a change here.
// The registry is asked first (npm audit). One without advisories answers an error; then the lock file is compared with
// scripts/advisories.json, which is kept by hand and knows no more than what was written into it.
import { exec } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

interface Advisory {
  readonly package: string;
  readonly id: string;
  /** From the first version, included, to the second, which is fixed. */
  readonly vulnerable: readonly (readonly [from: string, fixed: string])[];
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly dev?: boolean }>>;
}

/** ms. A registry that does not answer holds nobody up. */
const TIMEOUT_MS = 60_000;

const [lockPath = 'package-lock.json'] = process.argv.slice(2);
const warnings = (await askRegistry()) ?? compareWithList();
for (const warning of warnings) say(`warning: ${warning}`);
if (warnings.length === 0) say('Nothing is known against the packages that are installed for production.');

/** @returns undefined where the registry offers no advisories */
async function askRegistry(): Promise<readonly string[] | undefined> {
  // Through a shell, since npm is a batch file on Windows.
  const asked = promisify(exec)('npm audit --omit=dev --json', { timeout: TIMEOUT_MS });
  // npm ends with 1 for what it found, as for a failure; what it printed tells them apart.
  const { stdout } = await asked.catch((error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? '' }));
  const found = parseFindings(stdout);
  if (!found) say(`The registry offers no advisories; ${lockPath} is compared with scripts/advisories.json.`);
  return found && Object.entries(found).map(([name, { severity }]) => `${name}: ${severity} (npm audit)`);
}

function parseFindings(text: string): Readonly<Record<string, { readonly severity: string }>> | undefined {
  try {
    return JSON.parse(text).vulnerabilities;
  } catch {
    return undefined;
  }
}

function compareWithList(): readonly string[] {
  // Both files are the project's own.
  const advisories = JSON.parse(readFileSync(new URL('advisories.json', import.meta.url), 'utf8')) as Advisory[];
  const { packages } = JSON.parse(readFileSync(lockPath, 'utf8')) as LockFile;
  return Object.entries(packages).flatMap(([path, { version = '', dev = false }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const known = advisories.filter((each) => !dev && each.package === name && isVulnerable(version, each));
    return known.map(({ id }) => `${name} ${version}: https://github.com/advisories/${id}`);
  });
}

function isVulnerable(version: string, { vulnerable }: Advisory): boolean {
  return vulnerable.some(([from, fixed]) => compare(version, from) >= 0 && compare(version, fixed) < 0);
}

/** By the three numbers; of a pre-release, those of the version it leads to. */
function compare(one: string, other: string): number {
  const [left, right] = [toNumbers(one), toNumbers(other)];
  const at = left.findIndex((number, index) => number !== right[index]);
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

function toNumbers(version: string): readonly number[] {
  return version.split(/[-+]/, 1)[0]?.split('.').map(Number) ?? [];
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
