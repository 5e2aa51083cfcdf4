/** What is known about a person who signs in. */
export interface WantedPerson {
  readonly subject: string;
  readonly email: string | undefined;
  /** Unless it is true, the address may be anybody's. @default true */
  readonly emailVerified?: boolean | 'missing';
}

const SUBJECT = 'sub:';

/**
 * Whether `callers.sessions.allow` admits a person. Its entries are full e-mail addresses or `@domain`, both ignoring
 * case and only for verified addresses, or `sub:` and an exact Sage ID subject.
 */
export function isAllowedPerson(
  allow: readonly string[],
  { subject, email, emailVerified = true }: WantedPerson,
): boolean {
  if (allow.includes(`${SUBJECT}${subject}`)) return true;
  if (email === undefined || emailVerified !== true) return false;
  const address = email.toLowerCase();
  const domain = address.slice(address.lastIndexOf('@'));
  return allow.some((entry) => !entry.startsWith(SUBJECT) && [address, domain].includes(entry.toLowerCase()));
}
