import { createHash, randomBytes } from 'node:crypto';
import { type Command, parseOptions, UsageError } from './command.ts';

/** 256 bits: nobody guesses it, so a plain SHA-256 of it may stand in a file. */
const KEY_BYTES = 32;

/** Makes an API key. The key is shown this once; what the configuration holds is its sum. */
export const keysCreate: Command = async ({ args, stdout }) => {
  const options = { name: { type: 'string' }, companies: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { name = 'my-program', companies = 'all', json } = parseOptions(args, options).values;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw new UsageError('--name takes letters, digits, dots, dashes and underscores, 64 at most; write such a name.');
  }
  const { key, sha256, line } = createApiKey(name, toCompanies(companies));
  if (json) {
    stdout.write(`${JSON.stringify({ name, key, sha256, line })}\n`);
    return 0;
  }
  stdout.write(`The key, shown only now. The program sends it as
"Authorization: Bearer <key>":

  ${key}

Add this line to gateway.yaml under callers.apiKeys, with the connection and
tenants the program may use. companies are those of the connection that it may
use; all is every one, now and later:

  ${line}
`);
  return 0;
};

/**
 * A new key and its line for `callers.apiKeys`.
 * @param companies as YAML
 */
export function createApiKey(
  name: string,
  companies = 'all',
): { readonly key: string; readonly sha256: string; readonly line: string } {
  const key = `sgk_${randomBytes(KEY_BYTES).toString('base64url')}`;
  const sha256 = createHash('sha256').update(key).digest('hex');
  return {
    key,
    sha256,
    line: `- { name: ${name}, sha256: ${sha256}, companies: ${companies}, tenants: [], readOnly: true, admin: false }`,
  };
}

/** `all`, or pairs such as `SITE:1,SITE:2`, to YAML. @throws UsageError */
function toCompanies(text: string): string {
  if (text === 'all') return text;
  const pairs = text.split(',').map((pair) => /^([\w-]{1,64}):([\w-]{1,64})$/.exec(pair.trim()));
  const items = pairs.map((pair) => pair && `{ site: "${pair[1]}", company: "${pair[2]}" }`);
  if (items.every((item) => item !== null)) return `[${items.join(', ')}]`;
  throw new UsageError('--companies takes all, or pairs of site and company ids: --companies SITE:1,SITE:2.');
}
