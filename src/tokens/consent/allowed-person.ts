/** `callers.sessions.allow`: whole e-mail addresses, or `@domain`. */
export function isAllowedPerson(
  allow: readonly string[],
  { email, emailVerified = true }: { readonly email: string | undefined; readonly emailVerified?: boolean },
): boolean {
  if (email === undefined || !emailVerified) return false;
  const address = email.toLowerCase();
  const domain = address.slice(address.lastIndexOf('@'));
  return allow.some((entry) => [address, domain].includes(entry.toLowerCase()));
}
