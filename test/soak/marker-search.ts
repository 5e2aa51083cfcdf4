/** Something the gateways gave away: what they printed, answered, counted, stored. */
export interface Place {
  readonly name: string;
  readonly text: string;
}

export interface Finding {
  /** The secret's own name, never the secret. */
  readonly secret: string;
  readonly place: string;
  readonly form: string;
}

/** Enough of a token to tell it from chance, and enough to be no use to a thief when it is all there is. */
const PIECE = 20;

/** Looks for secrets in places: as they are, cut short, and in the spellings that logs, addresses and dumps give them. */
export function searchMarkers(places: readonly Place[], secrets: ReadonlyMap<string, string>): Finding[] {
  const known = [...secrets].map(([secret, value]) => ({ secret, spellings: spellingsOf(value) }));
  return places.flatMap(({ name, text }) =>
    known.flatMap(({ secret, spellings }) => {
      const found = spellings.find(({ needle }) => text.includes(needle));
      return found ? [{ secret, place: name, form: found.form }] : [];
    }),
  );
}

function spellingsOf(value: string): { form: string; needle: string }[] {
  const bytes = Buffer.from(value);
  const spelled = [
    // The end of a token stands in the whole token too; all JWTs of one issuer begin alike.
    { form: 'in part', needle: value.slice(-PIECE) },
    ...(value.startsWith('eyJ') ? [] : [{ form: 'in part', needle: value.slice(0, PIECE) }]),
    { form: 'in an address', needle: encodeURIComponent(value) },
    { form: 'in JSON', needle: JSON.stringify(value).slice(1, -1) },
    { form: 'in hex', needle: bytes.toString('hex') },
    ...[0, 1, 2].flatMap((shift) => base64At(bytes, shift)),
  ];
  // Spelled as it is, its end finds it.
  return spelled.filter(({ needle }) => needle !== value || value.length <= PIECE);
}

/** Base64 of something that holds the value `shift` bytes after a full group, without the letters that its neighbours share. */
function base64At(bytes: Buffer, shift: number): { form: string; needle: string }[] {
  const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
  const end = Math.floor((padded.length * 8) / 6);
  return (['base64', 'base64url'] as const).map((encoding) => ({
    form: `in ${encoding}`,
    needle: padded.toString(encoding).slice(shift === 0 ? 0 : shift + 1, end),
  }));
}
