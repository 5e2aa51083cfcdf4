import { text as readText } from 'node:stream/consumers';
import { type Config, loadConfig } from '../config/index.ts';
import { Secret } from '../kit/errors/index.ts';
import { type Command, CommandFailure, parseOptions, UsageError } from './command.ts';
import { type ProvenPair, storeConnection } from './store-connection.ts';

/** Stores a connection whose refresh token was obtained elsewhere. The token is never passed on the command line. */
export const connectionImport: Command = async ({ args, env, stdin, stdout, stderr }) => {
  const { values, positionals } = parseOptions(args, { config: { type: 'string' }, json: { type: 'boolean' } }, [
    'NAME',
  ]);
  const [name = ''] = positionals;
  const path = values.config ?? env['GATEWAY_CONFIG'];
  if (!path) throw new UsageError('No vault to store the connection in. Use --config FILE, or set GATEWAY_CONFIG.');
  const config = loadConfig({ path, env });
  if (stdin.isTTY) stderr.write('Paste the refresh token, press Enter, then Ctrl+D:\n');
  const refreshToken = new Secret((await readText(stdin)).trim());
  await storeConnection(config, name, refreshToken, (token) => proveAtSageId(config, token));
  stdout.write(
    values.json
      ? `${JSON.stringify({ connection: name, stored: true })}\n`
      : `Sage ID has accepted the refresh token and returned a new one. The connection
${name} is stored; from now on the gateway alone may use it.
`,
  );
  return 0;
};

/**
 * Uses the token, which is the only way to know that it is valid, and returns the new one from Sage ID to be stored.
 * @throws CommandFailure if the token is not valid, or if that cannot be determined
 */
async function proveAtSageId(config: Config, refreshToken: Secret): Promise<ProvenPair> {
  const { createHttp } = await import('../kit/http/index.ts');
  const { createSageIdApplication, TokenRequestError, toSageIdError } = await import('../tokens/index.ts');
  const { causesOf } = await import('./causes-of.ts');
  const http = createHttp();
  try {
    const application = createSageIdApplication(config, http.send);
    if (!application)
      throw new CommandFailure(
        'Set sage200.clientId first: a refresh token only works for the application that it was issued to.',
      );
    const answer = await application.client.refresh(refreshToken, config.sage200?.redirectUri);
    const { accessToken: value, issuedAt, expiresAt, scope } = answer;
    // Without rotation, the answer has no refresh token and the old one remains valid.
    return { accessToken: { value, issuedAt, expiresAt }, refreshToken: answer.refreshToken ?? refreshToken, scope };
  } catch (error) {
    if (!(error instanceof TokenRequestError)) throw error;
    const isDead = error.failure === 'invalidGrant' || error.failure === 'needsPerson';
    const why = isDead
      ? `Sage ID does not accept this refresh token (${error.code}): it was used, has expired, or was issued to another client id.`
      : toSageIdError(error, 'sage200').message;
    const wasSent = error.failure === 'lostAnswer' || error.failure === 'lateAnswer';
    const after = wasSent
      ? 'The token may have been used up. If it is refused now, its person has to sign in again.'
      : '';
    const lines = [why, ...causesOf(error), `Nothing was stored. ${after}`.trimEnd()];
    throw new CommandFailure(lines.join('\n'), { cause: error });
  } finally {
    await http.close();
  }
}
