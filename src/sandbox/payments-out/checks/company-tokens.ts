import { randomBytes } from 'node:crypto';

/** Source: both sample tokens of Sage's authentication service live 20 minutes. */
const LIFE_MS = 20 * 60_000;

/** Tokens of companies, as the authentication service of the older generation hands them out. Their form is made up. */
export function createCompanyTokens(now: () => number) {
  const ends = new Map<string, number>();
  return {
    issue(): string {
      for (const [token, endsAt] of ends) if (endsAt <= now()) ends.delete(token);
      const token = `sandbox-company-${randomBytes(16).toString('base64url')}`;
      ends.set(token, now() + LIFE_MS);
      return token;
    },
    isGood: (token: string): boolean => (ends.get(token) ?? 0) > now(),
  };
}
