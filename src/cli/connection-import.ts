import { text as readText } from 'node:stream/consumers';
import { loadConfig } from '../config/index.ts';
import { Secret } from '../kit/errors/index.ts';
import { type Command, parseOptions, UsageError } from './command.ts';
import { storeConnection } from './store-connection.ts';

/** Stores a connection whose refresh token was obtained elsewhere. The token never stands on a command line. */
export const connectionImport: Command = async ({ args, env, stdin, stdout, stderr }) => {
  const { values, positionals } = parseOptions(args, { config: { type: 'string' } }, ['NAME']);
  const [name = ''] = positionals;
  const path = values.config ?? env['GATEWAY_CONFIG'];
  if (!path) throw new UsageError('The vault to store into is not known; write --config FILE, or set GATEWAY_CONFIG.');
  const config = loadConfig({ path, env });
  if (stdin.isTTY) stderr.write('Paste the refresh token, press Enter, then Ctrl+D:\n');
  await storeConnection(config, name, new Secret((await readText(stdin)).trim()));
  stdout.write(`The connection ${name} is stored. From now on the gateway alone may use its refresh token.\n`);
  return 0;
};
