import { GatewayError, STATUS_BY_CODE } from '../../../kit/errors/index.ts';
import { json, toIso } from '../answers.ts';
import { assertOwnPage } from '../browser-request.ts';
import type { ConsentContext } from '../consent-context.ts';
import type { ConsentAnswer, ConsentExchange, ConsentPrincipal, ConsentRoute } from '../route-types.ts';

/** Who is signed in, and signing out. */
export const session = (context: ConsentContext): ConsentRoute => ({
  path: '/session',
  access: 'open',
  handlers: { GET: (exchange) => whoAmI(context, exchange), DELETE: (exchange) => signOut(context, exchange) },
});

async function whoAmI(context: ConsentContext, exchange: ConsentExchange): Promise<ConsentAnswer> {
  const { sessionCookie } = context;
  const token = sessionCookie.read(exchange);
  try {
    const principal = await context.identify(exchange);
    const session = principal.kind === 'session' ? await context.sessionOf(exchange) : undefined;
    const { id, kind, admin, readOnly, tenants } = principal;
    return json(200, {
      id,
      kind,
      admin,
      readOnly,
      tenants,
      ...(session && { email: session.email, name: session.name, endsAt: toIso(session.endsAt) }),
      connection: await describe(context, principal.sage200),
    });
  } catch (error) {
    // An invalid cookie is removed; otherwise its browser would always be refused.
    if (!token || !(error instanceof GatewayError) || error.code !== 'UNAUTHENTICATED') throw error;
    const extensions = error.toExtensions();
    const { connectUrl } = error;
    const whole = connectUrl !== undefined && { connectUrl: context.ownUrl(connectUrl) };
    const answer = json(STATUS_BY_CODE[error.code], {
      errors: [{ message: error.message, extensions: { ...extensions, ...whole } }],
    });
    return { ...answer, errorCodes: [error.code], cookies: [sessionCookie.clear()] };
  }
}

async function describe(
  { vault, companiesOf }: ConsentContext,
  { connection: name, consent }: NonNullable<ConsentPrincipal['sage200']> = {},
) {
  if (name === undefined) return null;
  const row = await vault.connections.read(name);
  if (!row || row.consent !== consent) return { name, state: 'needs_consent' };
  const companies = await companiesOf?.(name, row.consent).catch(() => undefined);
  return {
    name,
    state: row.state,
    consentedAt: toIso(row.consentedAt),
    refreshExpiresAt: toIso(row.refreshExpiresAt),
    ...(companies && { companies }),
  };
}

async function signOut(context: ConsentContext, exchange: ConsentExchange): Promise<ConsentAnswer> {
  const { sessionCookie, vault } = context;
  const token = sessionCookie.read(exchange);
  if (!token) return { status: 204 };
  assertOwnPage(exchange, context.publicOrigin());
  const ended = await vault.sessions.end(token);
  if (ended) {
    const { connection, subject } = ended;
    await context.note(exchange, { kind: 'session', action: 'signed_out', connection, caller: `session:${subject}` });
  }
  return { status: 204, cookies: [sessionCookie.clear()] };
}
