/** One person's consent: the meaning of a connection's name until the connection is removed or somebody else signs in under it. */
export interface ConsentRef {
  readonly name: string;
  /** Unique in a vault, and kept if the same person signs in again. */
  readonly number: number;
  /** The Sage ID account that consented, if known. */
  readonly subject: string | undefined;
}

/** Key of everything that belongs to a consent and must not outlive it. Names contain no `#`. */
export const consentKey = ({ name, number }: Pick<ConsentRef, 'name' | 'number'>): string =>
  `consent:${name}#${number}`;

export const isSameConsent = (one: ConsentRef, other: ConsentRef): boolean =>
  one.name === other.name && one.number === other.number && one.subject === other.subject;
