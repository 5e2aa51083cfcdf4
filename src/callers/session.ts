import { GatewayError } from '../kit/errors/index.ts';
import type { ArrivedRequest } from '../kit/this-machine.ts';
import { assertOwnPage, isAllowedPerson, type SessionCookie, type SessionStore } from '../tokens/index.ts';
import type { CallerRequest } from './anonymous.ts';
import type { FindConnection, SessionSettings } from './callers-settings.ts';
import type { Principal } from './principal.ts';
import { wrongCredentials } from './unauthenticated.ts';

export interface SessionCallersOptions {
  readonly settings: SessionSettings;
  readonly sessions: Pick<SessionStore, 'find'>;
  readonly cookie: SessionCookie;
  readonly publicUrl: string | (() => string);
  /** Whether a request may do what only people at this machine may. */
  readonly isHere: (request: ArrivedRequest) => boolean;
  readonly connection: FindConnection;
  /** Nobody else is configured: then people at this machine are its administrators. */
  readonly isAlone: boolean;
}

/** People who signed in through Sage ID, known by their browser's cookie. */
export function createSessionCallers(options: SessionCallersOptions) {
  const { settings, sessions, cookie, publicUrl, isHere, connection, isAlone } = options;
  return {
    /**
     * @returns undefined without a session cookie.
     * @throws GatewayError UNAUTHENTICATED for one that has ended; FORBIDDEN for one that another page made the browser send.
     */
    async identify(request: CallerRequest): Promise<Principal | undefined> {
      const token = cookie.read(request);
      if (!token) return undefined;
      assertOwnPage(request, new URL(typeof publicUrl === 'string' ? publicUrl : publicUrl()).origin);
      const session = await sessions.find(token).catch(unreadable);
      // Asked at every request: whoever is taken off the list is out at once.
      const isLocal = isHere(request);
      const isAllowed = settings.allow.length === 0 ? isLocal : session && isAllowedPerson(settings.allow, session);
      if (!session || !isAllowed) throw wrongCredentials();
      const sage200 = await connection(session.connection, session.consent);
      // It ends with the consent it was made for: what stands under the name now may be another person's.
      if (sage200?.consent !== session.consent || sage200.subject !== session.subject) throw wrongCredentials();
      const { tenants, defaultTenant, readOnly } = settings;
      return {
        id: `session:${session.subject}`,
        kind: 'session',
        sage200,
        companies: 'all',
        tenants,
        defaultTenant,
        readOnly,
        admin: isAlone && isLocal,
      };
    },
  };
}

function unreadable(cause: unknown): never {
  if (cause instanceof GatewayError) throw cause;
  throw new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    "The gateway's store of sessions does not answer. Send the request again later.",
    { cause },
  );
}
