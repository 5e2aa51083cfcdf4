import { BoundedCache } from '../../../kit/cache.ts';
import { isCompany, isSite } from '../../../kit/company-id.ts';
import { GatewayError } from '../../../kit/errors/index.ts';
import type { CompanyRef } from '../caller.ts';
import { isSameCompany } from '../companies.ts';
import { clip } from '../odata/literal.ts';
import { snippetOf } from './byte-writer.ts';
import type { WriteToken } from './codec.ts';
import { isPlainId, isSageId } from './sage-id.ts';
import { QUOTE } from './tokens.ts';

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

/** The type of the company itself: its ids have no key. */
export const COMPANY_TYPE = 'Sage200';

/** Longer than any id the gateway writes. */
const MAX_LENGTH = 400;

/**
 * Reads an id as the gateway writes it, to the byte: one spelling of base64, this version, a site and a company in their
 * form, and the key in its own. Undefined for any other text. Whether there is such a type is for the model to say.
 */
export function decodeGlobalId(text: string): GlobalId | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const parts = Buffer.from(text, 'base64url').toString().split(SEPARATOR);
  const [mark, site = '', company = '', typeName = '', key = ''] = parts;
  if (parts.length !== 5 || mark !== MARK || !isSite(site) || !isCompany(company)) return undefined;
  if (typeName === COMPANY_TYPE ? key !== '' : !isSageId(key)) return undefined;
  // Base64 readers forgive strange characters and bits; what does not come out the same again was never written here.
  const id = { site, company, typeName, key };
  return encodeGlobalId(id) === text ? id : undefined;
}

/** What an id argument has to belong to. */
export interface ExpectedId extends CompanyRef {
  /** Undefined where it is not known what rows the id is of. */
  readonly typeName: string | undefined;
  /** Whether rows of the type have global ids. */
  readonly isNodeType: (typeName: string) => boolean;
}

/**
 * Sage's id out of an argument that takes either form.
 * @throws GatewayError BAD_USER_INPUT for anything else, another type's id or another company's.
 */
export function toSageId(text: string, expected: ExpectedId): string {
  if (isSageId(text)) return text;
  const id = decodeGlobalId(text);
  if (!id || !expected.isNodeType(id.typeName)) {
    throw new GatewayError(
      'BAD_USER_INPUT',
      `“${clip(text)}” is not an id: give the id or the sageId of a row, as the gateway returned it. A sageId is a whole number such as 27828.`,
    );
  }
  if (expected.typeName && id.typeName !== expected.typeName) {
    throw new GatewayError('BAD_USER_INPUT', `That id belongs to a ${id.typeName}, not to a ${expected.typeName}.`);
  }
  if (!isSameCompany(id, expected)) {
    throw new GatewayError(
      'BAD_USER_INPUT',
      'That id belongs to another company than the one asked here: choose its company with sage200(site:, company:), or use node(id:).',
    );
  }
  return id.key;
}

const BASE64URL = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

/** The writer of one company and type, made once and used for answer after answer. */
export function globalIdWriters(typeName: string): (company: CompanyRef) => WriteToken {
  const writers = new BoundedCache<string, WriteToken>({ name: 'id writers', maxEntries: MAX_COMPANIES });
  return ({ site, company }) =>
    writers.getOrMake(`${site}\n${company}`, () => globalIdWriter({ site, company, typeName }));
}

const MAX_COMPANIES = 100;

/** Makes global ids of the ids in Sage's rows: only what differs is encoded for each. */
export function globalIdWriter(name: Omit<GlobalId, 'key'>): WriteToken {
  const { encoded, rest } = globalIdHead(name);
  const head = snippetOf(encoded);
  return (output, source, start, end) => {
    if (!isPlainId(source, start, end)) return false;
    output.byte(QUOTE);
    output.put(head);
    let bits = 0;
    let bitCount = 0;
    for (let index = -rest.length; index < end - start; index += 1) {
      const byte = index < 0 ? rest[index + rest.length] : source[start + index];
      bits = (bits << 8) | (byte ?? 0);
      bitCount += 8;
      while (bitCount >= 6) {
        bitCount -= 6;
        output.byte(BASE64URL[(bits >> bitCount) & 63] ?? 0);
      }
      bits &= (1 << bitCount) - 1;
    }
    if (bitCount > 0) output.byte(BASE64URL[(bits << (6 - bitCount)) & 63] ?? 0);
    output.byte(QUOTE);
    return true;
  };
}

/** What global ids of one company and type have in common. */
interface GlobalIdHead {
  /** As they begin, encoded. */
  readonly encoded: Buffer;
  /** Bytes that are encoded together with the first of the key: base64 makes four characters of three bytes. */
  readonly rest: Buffer;
}

function globalIdHead({ site, company, typeName }: Omit<GlobalId, 'key'>): GlobalIdHead {
  const bytes = Buffer.from([MARK, site, company, typeName, ''].join(SEPARATOR));
  const wholeBytes = bytes.length - (bytes.length % 3);
  const encoded = Buffer.from(bytes.subarray(0, wholeBytes).toString('base64url'));
  return { encoded, rest: bytes.subarray(wholeBytes) };
}
