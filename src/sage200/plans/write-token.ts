import type { ScalarField } from '../model/model.ts';

/**
 * Turns a value's source text into that of the answer, both in wire form: `27828` into `"27828"` for an id. Undefined when
 * the value is not of the usual kind and has to be parsed first.
 */
export type WriteToken = (token: string) => string | undefined;

/** A number that a double gives back as it was written. */
const EXACT_NUMBER = /^-?(?:[1-9]\d*|0(?=\.\d{0,4}[1-9]))(?:\.\d*[1-9])?$|^0$/;
const MAX_EXACT_LENGTH = 15;
const SMALL_INTEGER = /^(?:0|-?[1-9]\d{0,8})$/;
const DATE = /^"\d{4}-\d\d-\d\d/;
const HAS_OFFSET = /(?:Z|[+-]\d\d:\d\d)"$/;

export function tokenWriter(field: ScalarField): WriteToken {
  const write = plainWriter(field);
  if (!field.nonNull) return write;
  return (token) => {
    const text = write(token);
    return text === 'null' ? undefined : text;
  };
}

function plainWriter({ scalar, enumType }: ScalarField): WriteToken {
  if (enumType) {
    const members = new Set(enumType.members.map((member) => `"${member}"`));
    return (token) => (members.has(token) || token === 'null' ? token : undefined);
  }
  switch (scalar) {
    case 'Int':
      return (token) => (token === 'null' || SMALL_INTEGER.test(token) ? token : undefined);
    case 'Boolean':
      return (token) => (token === 'true' || token === 'false' || token === 'null' ? token : undefined);
    case 'Sage200Decimal':
      return (token) => (isText(token) ? undefined : quotedNumber(token));
    case 'Sage200Date':
      return (token) => {
        if (token === 'null' || token === '""') return 'null';
        return DATE.test(token) && !token.includes('\\') ? `${token.slice(0, 11)}"` : undefined;
      };
    case 'Sage200DateTime':
      return (token) => {
        if (token === 'null' || token === '""') return 'null';
        if (!DATE.test(token) || token.includes('\\')) return undefined;
        return HAS_OFFSET.test(token) ? token : `${token.slice(0, -1)}Z"`;
      };
    default:
      return (token) => {
        // An escape may be written in several ways, and the parser chooses one of them.
        if (isText(token)) return token.includes('\\') ? undefined : token;
        return quotedNumber(token);
      };
  }
}

const isText = (token: string): boolean => token.charCodeAt(0) === 34;

function quotedNumber(token: string): string | undefined {
  if (token === 'null') return token;
  return token.length <= MAX_EXACT_LENGTH && EXACT_NUMBER.test(token) ? `"${token}"` : undefined;
}
