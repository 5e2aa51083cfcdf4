/** One person's consent: what a connection's name stands for until it is removed, or somebody else signs in under it. */
export interface ConsentRef {
  readonly name: string;
  /** Never given twice in a vault, and kept when the same person signs in again. */
  readonly number: number;
  /** The Sage ID account that consented, where it is known. */
  readonly subject: string | undefined;
}

/** Key of everything that belongs to a consent and must not outlive it. Names hold no `#`. */
export const consentKey = ({ name, number }: Pick<ConsentRef, 'name' | 'number'>): string =>
  `consent:${name}#${number}`;

export const isSameConsent = (one: ConsentRef, other: ConsentRef): boolean =>
  one.name === other.name && one.number === other.number && one.subject === other.subject;
