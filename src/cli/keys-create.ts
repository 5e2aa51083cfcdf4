import { createHash, randomBytes } from 'node:crypto';
import { type Command, parseOptions, UsageError } from './command.ts';

/** 256 bits: nobody guesses it, so a plain SHA-256 of it may stand in a file. */
const KEY_BYTES = 32;

/** Makes an API key. The key is shown this once; what the configuration holds is its sum. */
export const keysCreate: Command = async ({ args, stdout }) => {
  const { name = 'my-program' } = parseOptions(args, { name: { type: 'string' } }).values;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw new UsageError('--name takes letters, digits, dots, dashes and underscores, 64 at most; write such a name.');
  }
  const { key, line } = createApiKey(name);
  stdout.write(`The key, shown only now; the program sends it as "Authorization: Bearer <key>":

  ${key}

Add this line to gateway.yaml under callers.apiKeys, with the connection, companies and tenants the program may use:

  ${line}
`);
  return 0;
};

/** A new key and its line for `callers.apiKeys`. */
export function createApiKey(name: string): { readonly key: string; readonly sha256: string; readonly line: string } {
  const key = `sgk_${randomBytes(KEY_BYTES).toString('base64url')}`;
  const sha256 = createHash('sha256').update(key).digest('hex');
  return {
    key,
    sha256,
    line: `- { name: ${name}, sha256: ${sha256}, companies: all, tenants: [], readOnly: true, admin: false }`,
  };
}
