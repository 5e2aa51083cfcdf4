import { z } from 'zod';
import { Secret } from '../errors/index.ts';
import { readCertificates } from './certificates.ts';
import {
  parseBytes,
  parseDuration,
  parseOrigin,
  parsePublicUrl,
  parseUpstreamUrl,
  parseVaultUrl,
  parseWebUrl,
  parseWhole,
} from './values.ts';

/**
 * The kinds of single values. Every one starts as the text in the file, after `${NAME}` was replaced, so that `port:
 * 4000`, `port: "4000"` and `port: ${PORT}` are the same. Editors use `json` instead.
 */
interface LeafOptions<Value> {
  /** Follows the setting's name: what is wrong; what to write instead. */
  readonly wrong: string;
  readonly parse: (text: string) => Value | undefined;
  readonly json?: Readonly<Record<string, unknown>>;
}

/** Lets editors accept an environment variable where they would expect a number. */
const PLACEHOLDER = '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}';

function leaf<Value>({ wrong, parse, json = {} }: LeafOptions<Value>) {
  return z
    .string()
    .transform((text, context): Value => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: wrong });
      return z.NEVER;
    })
    .meta(json);
}

export const text = () => z.string();

/** An id, which may also be written as a bare number. */
export const id = () => leaf({ wrong: 'is empty', parse: (value) => value, json: { type: ['string', 'integer'] } });

/** A name that is allowed in a header, a log line and an error. */
export const name = () =>
  leaf({
    wrong: 'is not a name; write letters, digits, dots, dashes and underscores, 64 at most',
    parse: (value) => (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value) ? value : undefined),
    json: { pattern: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$|${PLACEHOLDER}` },
  });

export const secret = () => leaf({ wrong: 'is empty', parse: (value) => new Secret(value), json: { writeOnly: true } });

export const vaultKey = () =>
  leaf({
    wrong: 'is not a key; write 32 random bytes in base64, as `openssl rand -base64 32` prints them',
    parse: (value) => (/^[A-Za-z0-9+/]{43}=$/.test(value) ? new Secret(value) : undefined),
    json: { writeOnly: true },
  });

export const flag = () =>
  leaf({
    wrong: 'is not a yes or no; write true or false',
    parse: (value) => (value === 'true' ? true : value === 'false' ? false : undefined),
    json: { type: ['boolean', 'string'], pattern: `^(true|false)$|${PLACEHOLDER}` },
  });

export const whole = (min: number, max: number) =>
  leaf({
    wrong: `is not a whole number from ${min} to ${max}; write one`,
    parse: (value) => parseWhole(value, min, max),
    json: { type: ['integer', 'string'], minimum: min, maximum: max, pattern: `^[0-9]+$|${PLACEHOLDER}` },
  });

/** A size, or `auto`: then it is chosen at the start. */
export const sizeOrAuto = () =>
  leaf({
    wrong: 'is not a size; write auto, or one such as 512mb',
    parse: (value) => (value === 'auto' ? 'auto' : parseBytes(value)),
    json: { type: ['integer', 'string'], pattern: `^(auto|[0-9]+(b|kb|mb|gb)?)$|${PLACEHOLDER}` },
  });

/** Between 0 and 1, both excluded. */
export const share = () =>
  leaf({
    wrong: 'is not a share; write a number above 0 and below 1, such as 0.5',
    parse: (value) => (/^0?\.\d{1,6}$/.test(value) && Number(value) > 0 ? Number(value) : undefined),
    json: {
      type: ['number', 'string'],
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      pattern: `^0?\\.[0-9]{1,6}$|${PLACEHOLDER}`,
    },
  });

/** From 0 to 1. */
export const ratio = () =>
  leaf({
    wrong: 'is not a share; write a number from 0 to 1, such as 0.01',
    parse: (value) => (/^(0|1|0?\.\d{1,6}|1\.0{1,6})$/.test(value) ? Number(value) : undefined),
    json: {
      type: ['number', 'string'],
      minimum: 0,
      maximum: 1,
      pattern: `^(0|1|0?\\.[0-9]{1,6}|1\\.0{1,6})$|${PLACEHOLDER}`,
    },
  });

/** It may contain a password, so it is kept as a secret. */
export const proxyUrl = () =>
  leaf({
    wrong: 'is not the address of a proxy; write one such as http://proxy.example.com:3128',
    parse: (value) => (isProxyUrl(value) ? new Secret(value) : undefined),
    json: { writeOnly: true },
  });

export function isProxyUrl(text: string): boolean {
  const url = URL.parse(text);
  return (url?.protocol === 'http:' || url?.protocol === 'https:') && url.pathname === '/' && url.search === '';
}

export const port = () =>
  leaf({
    wrong: 'is not a port; write a number from 1 to 65535, or 0 for any free one',
    parse: (value) => parseWhole(value, 0, 65_535),
    json: { type: ['integer', 'string'], minimum: 0, maximum: 65_535, pattern: `^[0-9]+$|${PLACEHOLDER}` },
  });

/** In ms. */
export const duration = (least: string, most: string) => {
  const [min, max] = [parseDuration(least) ?? 0, parseDuration(most) ?? 0];
  return leaf({
    wrong: `is not a duration from ${least} to ${most}; write a whole number and a unit, such as 500ms, 15s, 10m, 8h or 90d`,
    parse: (value) => {
      const ms = parseDuration(value);
      return ms !== undefined && ms >= min && ms <= max ? ms : undefined;
    },
    json: { pattern: `^[0-9]+(ms|s|m|h|d)$|${PLACEHOLDER}` },
  });
};

/** In bytes. */
export const size = () =>
  leaf({
    wrong: 'is not a size; write a whole number and a unit, such as 512kb or 1mb',
    parse: (value) => parseBytes(value) || undefined,
    json: { type: ['string', 'integer'], pattern: `^[0-9]+([bB]|[kKmMgG][bB])?$|${PLACEHOLDER}` },
  });

export const upstreamUrl = () =>
  leaf({
    wrong:
      'is not an address to use; write an https:// URL without user name and fragment (http:// is for this machine only)',
    parse: parseUpstreamUrl,
  });

/** URL of a server in the operator's own network, where http is usual; kept as written. */
export const webUrl = () =>
  leaf({
    wrong: 'is not an address to use; write an http:// or https:// URL without user name and fragment',
    parse: parseWebUrl,
  });

/** The path of a file of certificates, read at once into PEM. */
export const certificates = () =>
  leaf({
    wrong: 'is not a file of certificates that can be read; write the path of a PEM file',
    parse: readCertificates,
  });

export const publicUrl = () =>
  leaf({
    wrong: 'is not the address of a gateway; write a URL such as https://gateway.example.com, without ? and #',
    parse: parsePublicUrl,
  });

export const origin = () =>
  leaf({
    wrong: 'is not an origin; write scheme, host and port without a path, such as https://app.example.com',
    parse: parseOrigin,
  });

export const vaultUrl = () =>
  leaf({
    wrong: 'is not a vault; write sqlite:<file> or postgres://user:password@host/database',
    parse: parseVaultUrl,
    json: { writeOnly: true },
  });

export const sha256 = () =>
  leaf({
    wrong: 'is not a SHA-256 sum; write the 64 hex digits that `gateway keys create` printed',
    parse: (value) => (/^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : undefined),
    // The key itself might be pasted here instead by mistake: no message may show it.
    json: { pattern: `^[0-9a-fA-F]{64}$|${PLACEHOLDER}`, writeOnly: true },
  });

export const person = () =>
  leaf({
    wrong:
      'is not a person; write an e-mail address, @ and a domain for everybody there, or sub: and a Sage ID subject',
    parse: (value) => {
      // A subject is compared exactly, so its case stays.
      if (value.startsWith('sub:')) return /^sub:[\x21-\x7e]+$/.test(value) ? value : undefined;
      return /^[^\s@]*@[^\s@]+$/.test(value) ? value.toLowerCase() : undefined;
    },
  });

/** A Sage ID account: its subject, compared as text, or its e-mail address. `sub:` is not part of a subject. */
export const account = () =>
  leaf({
    wrong: 'is not an account; write the sub of its tokens, or a whole e-mail address',
    parse: (value) => (/^[^\s@][^\s]*$/.test(value) ? value.replace(/^sub:/, '') || undefined : undefined),
  });

export const oneOf = <const Words extends readonly string[]>(...words: Words) =>
  leaf({
    wrong: `is not one of the known words; write ${listed(words)}`,
    parse: (value) => words.find((word): word is Words[number] => word === value),
    json: { anyOf: [{ enum: words }, { pattern: PLACEHOLDER }] },
  });

/** Text of a fixed shape; `example` is a complete one. */
export const shaped = (pattern: RegExp, what: string, example: string) =>
  leaf({
    wrong: `is not ${what}; write it as in ${example}`,
    parse: (value) => (pattern.test(value) ? value : undefined),
    json: { pattern: `${pattern.source}|${PLACEHOLDER}` },
  });

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
