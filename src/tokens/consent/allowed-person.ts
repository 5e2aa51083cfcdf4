/** What is known of somebody who wants in. */
export interface WantedPerson {
  readonly subject: string;
  readonly email: string | undefined;
  /** Anything but true: the address may be anybody's. @default true */
  readonly emailVerified?: boolean | 'missing';
}

const SUBJECT = 'sub:';

/**
 * Whether `callers.sessions.allow` lets somebody in. Its entries are whole e-mail addresses, `@domain`, both without regard to
 * case and only for verified addresses, or `sub:` and a Sage ID subject, to the letter.
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
