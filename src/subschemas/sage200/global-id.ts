import { GatewayError } from '../../kit/errors/index.ts';

/** A row's name over all sites and companies. A name, not a right: reading it is checked like any other read. */
export interface GlobalId {
  readonly site: string;
  readonly company: string;
  readonly typeName: string;
  /** Sage's own id; empty for the company itself. */
  readonly key: string;
}

/** Marks our ids, so that no other text or number is taken for one. */
const MARK = 's2';
const SEPARATOR = '\n';

export function encodeGlobalId({ site, company, typeName, key }: GlobalId): string {
  return Buffer.from([MARK, site, company, typeName, key].join(SEPARATOR)).toString('base64url');
}

/** What global ids of one company and type have in common. */
export interface GlobalIdHead {
  /** As they begin, encoded. */
  readonly encoded: Buffer;
  /** Bytes that are encoded together with the first of the key: base64 makes four characters of three bytes. */
  readonly rest: Buffer;
}

export function globalIdHead({ site, company, typeName }: Omit<GlobalId, 'key'>): GlobalIdHead {
  const bytes = Buffer.from([MARK, site, company, typeName, ''].join(SEPARATOR));
  const wholeBytes = bytes.length - (bytes.length % 3);
  const encoded = Buffer.from(bytes.subarray(0, wholeBytes).toString('base64url'));
  return { encoded, rest: bytes.subarray(wholeBytes) };
}

/** Undefined when `text` is not one of our ids. */
export function decodeGlobalId(text: string): GlobalId | undefined {
  const parts = Buffer.from(text, 'base64url').toString().split(SEPARATOR);
  const [mark, site, company, typeName, key] = parts;
  if (parts.length !== 5 || mark !== MARK || !site || !company || !typeName || key === undefined) return undefined;
  // Base64 decoding forgives strange characters; an id that does not come out the same again was never ours.
  const id = { site, company, typeName, key };
  return encodeGlobalId(id) === text ? id : undefined;
}

/** Sage's ids are whole numbers of 64 bits. */
const SAGE_ID = /^-?\d{1,19}$/;

/**
 * Sage's id out of an argument that takes either form.
 * @throws GatewayError BAD_USER_INPUT for anything else, another type's id or another company's.
 */
export function toSageId(
  text: string,
  expected: { site: string; company: string; typeName?: string | undefined },
): string {
  if (SAGE_ID.test(text)) return text;
  const id = decodeGlobalId(text);
  if (!id) {
    throw new GatewayError(
      'BAD_USER_INPUT',
      `“${clip(text)}” is not an id: give the id or the sageId of a row, as the gateway returned it.`,
    );
  }
  if (expected.typeName && id.typeName !== expected.typeName) {
    throw new GatewayError('BAD_USER_INPUT', `That id belongs to a ${id.typeName}, not to a ${expected.typeName}.`);
  }
  if (id.site !== expected.site || id.company !== expected.company) {
    throw new GatewayError(
      'BAD_USER_INPUT',
      'That id belongs to another company than the one asked here: choose its company with sage200(site:, company:), or use node(id:).',
    );
  }
  return id.key;
}

const clip = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
