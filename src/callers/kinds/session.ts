import { z } from 'zod';
import { GatewayError } from '../../kit/errors/index.ts';
import { person, type Read } from '../../kit/settings/index.ts';
import { assertOwnPage, isAllowedPerson } from '../../tokens/index.ts';
import type { CallerKind } from '../caller-kind.ts';
import type { SourceRights } from '../source-rights.ts';
import { wrongCredentials } from '../unauthenticated.ts';
import { defaultTenant, readOnly, tenants } from './rights.ts';

const settings = (rights: SourceRights) =>
  z
    .strictObject({
      allow: z
        .array(person())
        .prefault([])
        .describe(
          'Who may sign in: e-mail addresses that Sage ID has verified, @domain, or sub: followed by a Sage ID subject.',
        ),
      tenants: tenants(),
      defaultTenant: defaultTenant(),
      readOnly: readOnly(false),
      ...rights.settings(),
    })
    .prefault({})
    .describe('People who sign in with Sage ID in a browser.');

/** People who signed in with Sage ID, identified by their browser's cookie. */
export const session: CallerKind<'sessions', Read<ReturnType<typeof settings>>> = {
  name: 'session',
  description: 'A person who signed in with Sage ID in a browser.',
  section: 'sessions',
  settings,
  atMost: { admin: 'whenAlone', tenants: true },
  admits: ({ allow }) => allow.length > 0,
  create({ allow, ...rights }, { sessions: stored, isHere, connection, isAlone }) {
    if (!stored) return {};
    const { sessions, cookie, publicUrl } = stored;
    return {
      /** @throws GatewayError FORBIDDEN for a cookie sent by a page of another origin */
      async ofRequest(request) {
        const token = cookie.read(request);
        if (!token) return undefined;
        assertOwnPage(request, new URL(typeof publicUrl === 'string' ? publicUrl : publicUrl()).origin);
        const found = await sessions.find(token).catch(unreadable);
        // Checked with every request, so that removing somebody from the list takes effect at once.
        const isLocal = isHere(request);
        const isAllowed = allow.length === 0 ? isLocal : found && isAllowedPerson(allow, found);
        if (!found || !isAllowed) throw wrongCredentials();
        const sage200 = await connection(found.connection, found.consent);
        // A session ends with its consent: the name may belong to another person now.
        if (sage200?.consent !== found.consent || sage200.subject !== found.subject) throw wrongCredentials();
        return {
          id: `session:${found.subject}`,
          kind: 'session',
          sage200,
          companies: 'all',
          ...rights,
          admin: isAlone && isLocal,
        };
      },
    };
  },
};

function unreadable(cause: unknown): never {
  if (cause instanceof GatewayError) throw cause;
  throw new GatewayError('UPSTREAM_UNAVAILABLE', "The gateway's session store does not answer. Try again later.", {
    cause,
  });
}
