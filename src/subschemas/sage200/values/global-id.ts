import { BoundedCache } from '../../../kit/cache.ts';
import { isCompany, isSite } from '../../../kit/company-id.ts';
import { GatewayError } from '../../../kit/errors/index.ts';
import type { CompanyRef } from '../caller.ts';
import { isSameCompany } from '../companies.ts';
import { clip } from '../odata/literal.ts';
import type { WriteToken } from './codec.ts';
import { isSageId } from './sage-id.ts';

/** A row's name across all sites and companies. It grants no right: reading it is checked like any other read. */
export interface GlobalId {
  readonly site: string;
  readonly company: string;
  readonly typeName: string;
  /** Sage's own id; empty for the company itself. */
  readonly key: string;
}

/** Marks the gateway's ids, so that no other text or number is mistaken for one. */
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
 * Parses an id, which must be byte for byte as the gateway writes it: one spelling of base64, this version, and a valid
 * site, company and key. Undefined for any other text. The model decides whether the type exists.
 */
export function decodeGlobalId(text: string): GlobalId | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const parts = Buffer.from(text, 'base64url').toString().split(SEPARATOR);
  const [mark, site = '', company = '', typeName = '', key = ''] = parts;
  if (parts.length !== 5 || mark !== MARK || !isSite(site) || !isCompany(company)) return undefined;
  if (typeName === COMPANY_TYPE ? key !== '' : !isSageId(key)) return undefined;
  // Base64 decoders ignore invalid characters and bits; an id that changes when encoded again was not written here.
  const id = { site, company, typeName, key };
  return encodeGlobalId(id) === text ? id : undefined;
}

export interface ExpectedId extends CompanyRef {
  /** Undefined if the type of the rows is not known. */
  readonly typeName: string | undefined;
  /** Whether rows of the type have global ids. */
  readonly isNodeType: (typeName: string) => boolean;
}

/**
 * Sage's id from an argument that accepts either form.
 * @throws GatewayError BAD_USER_INPUT for anything else, another type's id or another company's.
 */
export function toSageId(text: string, expected: ExpectedId): string {
  if (isSageId(text)) return text;
  const id = decodeGlobalId(text);
  if (!id || !expected.isNodeType(id.typeName)) {
    throw new GatewayError(
      'BAD_USER_INPUT',
      `“${clip(text)}” is not an id. Use the id or the sageId of a row, exactly as the gateway returned it. A sageId is a whole number such as 27828.`,
    );
  }
  if (expected.typeName && id.typeName !== expected.typeName) {
    throw new GatewayError('BAD_USER_INPUT', `This id belongs to a ${id.typeName}, not to a ${expected.typeName}.`);
  }
  if (!isSameCompany(id, expected)) {
    throw new GatewayError(
      'BAD_USER_INPUT',
      'This id belongs to another company. Choose that company with sage200(site:, company:), or use node(id:).',
    );
  }
  return id.key;
}

/** The writer for one company and type, created once and reused for many answers. */
export function globalIdWriters(typeName: string): (company: CompanyRef) => WriteToken {
  const writers = new BoundedCache<string, WriteToken>({ name: 'id writers', maxEntries: MAX_COMPANIES });
  return ({ site, company }) =>
    writers.getOrMake(`${site}\n${company}`, () => globalIdWriter({ site, company, typeName }));
}

const MAX_COMPANIES = 100;

/** Creates global ids from the ids in Sage's rows: only the differing part is encoded for each. */
export function globalIdWriter({ site, company, typeName }: Omit<GlobalId, 'key'>): WriteToken {
  const bytes = Buffer.from([MARK, site, company, typeName, ''].join(SEPARATOR));
  // Base64 encodes three bytes as four characters: the remaining bytes are encoded together with the key.
  const wholeBytes = bytes.length - (bytes.length % 3);
  const head = bytes.toString('base64url', 0, wholeBytes);
  const rest = bytes.toString('latin1', wholeBytes);
  // Letters, digits and line ends never become one of the two characters in which the variants of base64 differ.
  return (key) => `"${head}${withoutPadding(btoa(rest + key))}"`;
}

function withoutPadding(base64: string): string {
  const end = base64.indexOf('=');
  return end < 0 ? base64 : base64.slice(0, end);
}
