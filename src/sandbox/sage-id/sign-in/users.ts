import type { CompanyKey } from '../../seed/index.ts';

/** A person who can sign in. There are no passwords: the sign-in page only asks who it is. */
export interface SandboxUser {
  /** Subject in tokens, spelled as Sage ID's are. */
  readonly subject: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  /** The claim `email_verified`, which issuers also write as text or leave out (undefined). */
  emailVerified: unknown;
  /** What `GET /sites` shows this person. */
  readonly companies: readonly CompanyKey[];
}

/** Alice may open every company, Bob only the second one, Carol none. */
export function createUsers(companies: readonly CompanyKey[]): SandboxUser[] {
  return [
    user('alice', 'Alice', 'Adams', companies),
    user('bob', 'Bob', 'Barker', companies.slice(1, 2)),
    user('carol', 'Carol', 'Clarke', []),
  ];
}

const user = (name: string, firstName: string, lastName: string, companies: readonly CompanyKey[]): SandboxUser => ({
  subject: `auth0|sandbox-${name}`,
  email: `${name}@hallam.example`,
  firstName,
  lastName,
  emailVerified: true,
  companies,
});

/** By e-mail address, subject, or the part before the `@`. @throws RangeError naming the existing users. */
export function findUser(users: readonly SandboxUser[], name: string): SandboxUser {
  const found = users.find(({ email, subject }) => [email, subject, email.split('@')[0]].includes(name));
  if (found) return found;
  throw new RangeError(`The sandbox knows no ${name}; it knows ${users.map(({ email }) => email).join(', ')}.`);
}
