import { type Command, parseOptions } from './command.ts';
import { madeOf, withClients } from './with-clients.ts';

const OPTIONS = {
  config: { type: 'string' },
  'expires-in': { type: 'string' },
  email: { type: 'string' },
  'return-to': { type: 'string' },
  state: { type: 'string' },
  replace: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** Creates a link with which a person signs in to Sage 200 for a client. Only the link goes to standard output. */
export const connectLink: Command = async ({ args, stdout, stderr, ...context }) => {
  const { values, positionals } = parseOptions(args, OPTIONS, ['NAME']);
  return withClients(values.config, context, async ({ admin, by }) => {
    const { config: _, json, 'expires-in': expiresIn, 'return-to': returnTo, ...rest } = values;
    const client = positionals[0] ?? '';
    const link = await admin.createLink({ client, expiresIn, returnTo, ...rest }, by);
    const { url, endsAt } = madeOf(link);
    const expiresAt = new Date(endsAt).toISOString();
    if (!json) stderr.write(`Anyone who opens it signs in for the client, once, until ${expiresAt}:\n`);
    stdout.write(`${json ? JSON.stringify({ client, url: url.reveal(), expiresAt }) : url.reveal()}\n`);
    return 0;
  });
};
