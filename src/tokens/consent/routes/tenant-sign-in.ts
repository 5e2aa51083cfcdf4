import { randomBytes } from 'node:crypto';
import { withoutBasePath } from '../../../kit/base-path.ts';
import { GatewayError, Secret } from '../../../kit/errors/index.ts';
import { single } from '../../../kit/http/index.ts';
import { type TenantConsent, tenantConnectPath } from '../../tenant-consent.ts';
import type { SignInAttempt } from '../../vault/index.ts';
import { asPage, json, redirect } from '../answers.ts';
import { assertInSight } from '../browser-request.ts';
import { ANYBODY_HERE, type ConsentContext } from '../consent-context.ts';
import { failurePage } from '../page.ts';
import type { ConsentAnswer, ConsentExchange, ConsentRoute } from '../route-types.ts';
import { isSame, SIGN_IN_LIFE_MS } from '../sign-in.ts';
import { SignInFailure } from '../sign-in-failure.ts';
import { toPlainText } from '../sign-in-refusals.ts';
import { sendHome, sendOut, wantedReturn } from '../way-out.ts';

/** Maximum size of a callback in bytes. */
const LONGEST_ANSWER = 16 * 1024;
/** Query parameters of the second callback address: the attempt, and the sealed data of the callback. */
const [ATTEMPT, ANSWER] = ['attempt', 'answer'];

/**
 * Sign-in for an ERP tenant by an administrator. The callback is a form that Sage's page sends without the gateway's cookies.
 * So its data is only sealed, and the browser is redirected to an address of the gateway, where it sends its attempt's cookie again.
 */
export function tenantSignIn(context: ConsentContext, consent: TenantConsent): readonly ConsentRoute[] {
  const path = tenantConnectPath(consent.tenant);
  const callback = `${path}/callback`;
  const registered = consent.redirectUri === undefined ? callback : new URL(consent.redirectUri).pathname;
  const finish = asPage(context, (exchange) => comeBack(context, consent, exchange));
  return [
    { path, access: 'open', handlers: { GET: asPage(context, (exchange) => begin(context, consent, exchange)) } },
    ...[...new Set([callback, registered])].map(
      (each): ConsentRoute => ({
        path: each,
        access: 'open',
        takesForeignPosts: true,
        handlers: { GET: finish, POST: asPage(context, (exchange) => takeForm(context, consent, exchange)) },
      }),
    ),
    {
      path: `${path}/disconnect`,
      access: 'open',
      handlers: { POST: (exchange) => disconnect(context, consent, exchange) },
    },
  ];
}

const redirectUriOf = (context: ConsentContext, { tenant, redirectUri }: TenantConsent): string =>
  redirectUri ?? `${context.publicOrigin()}${context.basePath()}${tenantConnectPath(tenant)}/callback`;

async function begin(
  context: ConsentContext,
  consent: TenantConsent,
  exchange: ConsentExchange,
): Promise<ConsentAnswer> {
  assertInSight(exchange);
  const returnTo = wantedReturn(new URLSearchParams(exchange.search));
  const begunBy = await administratorOf(context, exchange);
  const redirectUri = redirectUriOf(context, consent);
  const moved = sendHome(context, exchange, { path: tenantConnectPath(consent.tenant), redirectUri });
  if (moved) return moved;
  const state = new Secret(randomBytes(32).toString('base64url'));
  const attempt: SignInAttempt = {
    state,
    // There is no id_token for it.
    nonce: new Secret(randomBytes(16).toString('base64url')),
    verifier: undefined,
    connection: consent.name,
    returnTo,
    begunBy,
    endsAt: context.now() + SIGN_IN_LIFE_MS,
  };
  await context.note(exchange, {
    kind: 'act',
    action: 'sign_in_begun',
    connection: consent.name,
    caller: begunBy.id,
  });
  return sendOut(context, exchange, { url: consent.authorizeUrl(state, redirectUri), attempt });
}

/** @throws GatewayError FORBIDDEN, UNAUTHENTICATED */
async function administratorOf(
  context: ConsentContext,
  exchange: ConsentExchange,
): Promise<{ readonly id: string; readonly admin: true }> {
  if (context.isAdminHere(exchange)) return { id: ANYBODY_HERE.id, admin: true };
  const { id, admin } = await context.identify(exchange);
  if (admin) return { id, admin };
  throw new GatewayError(
    'FORBIDDEN',
    'Only callers with admin: true can sign in for an ERP tenant or end its sign-in, since all callers of the tenant use it.',
  );
}

/** Any page may send this form, so this only redirects the browser. */
async function takeForm(
  context: ConsentContext,
  consent: TenantConsent,
  exchange: ConsentExchange,
): Promise<ConsentAnswer> {
  const answer = await readForm(exchange);
  const [state, ...others] = answer.getAll('state');
  if (!state || others.length > 0) return failurePage(notYours(consent), context.basePath());
  const secret = new Secret(state);
  const { signIns } = context.vault;
  const query = new URLSearchParams({
    [ATTEMPT]: signIns.nameOf(secret),
    [ANSWER]: signIns.sealAnswer(secret, new Secret(answer.toString())).reveal(),
  });
  const { origin, pathname } = new URL(redirectUriOf(context, consent));
  return redirect(`${origin}${pathname}?${query}`);
}

/** The data may be in the form or in the URL. */
async function readForm(exchange: ConsentExchange): Promise<URLSearchParams> {
  const answer = new URLSearchParams(exchange.search);
  const body = await exchange.readBody();
  if (body.length + exchange.search.length > LONGEST_ANSWER)
    throw new GatewayError('BAD_USER_INPUT', `A callback may have ${LONGEST_ANSWER} bytes at most.`);
  const [type] = (single(exchange.headers['content-type']) ?? '').split(';');
  if (type?.trim().toLowerCase() === 'application/x-www-form-urlencoded')
    for (const [name, value] of new URLSearchParams(body.toString('utf8'))) answer.append(name, value);
  return answer;
}

/** The callback's data: sealed, after a form, or from the URL itself. */
function readAnswer({ vault }: ConsentContext, { search }: ConsentExchange): URLSearchParams {
  const query = new URLSearchParams(search);
  const [name, sealed] = [query.get(ATTEMPT), query.get(ANSWER)];
  if (name === null || sealed === null) return query;
  return new URLSearchParams(vault.signIns.openAnswer(name, new Secret(sealed))?.reveal());
}

async function comeBack(
  context: ConsentContext,
  consent: TenantConsent,
  exchange: ConsentExchange,
): Promise<ConsentAnswer> {
  const used: string[] = [];
  try {
    const answer = readAnswer(context, exchange);
    const attempt = findAttempt(context, consent, { exchange, answer });
    used.push(context.attempts.remove(attempt.state));
    const told = answer.get('error');
    if (told !== null) throw refused(consent, told);
    // A code that arrives twice, at any process, is not used again.
    if (!(await context.vault.signIns.use(attempt))) throw notYours(consent);
    await store(context, consent, { exchange, answer, attempt });
    const basePath = context.basePath();
    return { ...redirect(`${basePath}${withoutBasePath(attempt.returnTo, basePath)}`), cookies: used };
  } catch (error) {
    if (!(error instanceof SignInFailure)) throw error;
    context.log.warn({ code: error.code, reason: error.title, err: error.cause }, 'a sign-in failed');
    return { ...failurePage(error, context.basePath()), cookies: used };
  }
}

/** The attempt that this browser began for this tenant. @throws SignInFailure */
function findAttempt(
  { attempts, now }: ConsentContext,
  consent: TenantConsent,
  { exchange, answer }: { readonly exchange: ConsentExchange; readonly answer: URLSearchParams },
): SignInAttempt {
  const [state, ...others] = answer.getAll('state');
  const attempt = state && others.length === 0 ? attempts.find(exchange, new Secret(state)) : undefined;
  const isOwn = state && attempt?.connection === consent.name && isSame(attempt.state.reveal(), state);
  if (!isOwn || attempt.endsAt <= now()) throw notYours(consent);
  return attempt;
}

interface Finished {
  readonly exchange: ConsentExchange;
  readonly answer: URLSearchParams;
  readonly attempt: SignInAttempt;
}

async function store(
  context: ConsentContext,
  consent: TenantConsent,
  { exchange, answer, attempt }: Finished,
): Promise<void> {
  const { vault, onEvent, log, now } = context;
  const given = await consent.exchange(answer, redirectUriOf(context, consent));
  const row = await vault.connections.read(consent.name);
  // An administrator may replace a consent of another customer or region.
  if (row && row.subject !== given.subject) await vault.connections.remove(consent.name);
  if (!(await vault.connections.save(given))) throw busy(consent);
  const { tenant, name: connection } = consent;
  const { refreshExpiresAt } = given;
  log.info({ tenant, refreshExpiresAt }, 'connected');
  onEvent?.({
    type: 'connected',
    connection,
    at: now(),
    refreshExpiresAt,
    caller: attempt.begunBy?.id ?? ANYBODY_HERE.id,
    requestId: exchange.requestId,
  });
}

async function disconnect(
  context: ConsentContext,
  consent: TenantConsent,
  exchange: ConsentExchange,
): Promise<ConsentAnswer> {
  const { vault, log, onEvent, now } = context;
  const { id: caller } = await administratorOf(context, exchange);
  const { tenant, name: connection } = consent;
  const row = await vault.connections.read(connection);
  const disconnected = await vault.connections.remove(connection);
  const revoked = row?.refreshToken ? await consent.revoke(row.subject, row.refreshToken).catch(() => false) : false;
  if (row && !revoked)
    log.warn({ tenant }, 'a disconnected sign-in could not be revoked at Sage X3; it expires there by itself');
  if (disconnected) onEvent?.({ type: 'revoked', connection, at: now(), caller, requestId: exchange.requestId });
  return json(200, { tenant, disconnected, revoked });
}

/** The same message whatever is wrong, without quoting the request, which any page may have sent. */
const notYours = ({ tenant }: TenantConsent) =>
  new SignInFailure(
    'This sign-in was not begun in this browser, was already finished, took longer than ten minutes, or was not approved. Begin again. If Sage X3 sends the browser back without an approval, check customer and clientId of the tenant.',
    { code: 'BAD_USER_INPUT', title: 'This sign-in cannot be finished', retry: tenantConnectPath(tenant) },
  );

const refused = ({ tenant }: TenantConsent, told: string) =>
  new SignInFailure('Sage X3 did not approve the gateway. Nothing was stored.', {
    code: 'FORBIDDEN',
    title: 'Not connected',
    detail: toPlainText(told),
    retry: tenantConnectPath(tenant),
  });

const busy = ({ tenant }: TenantConsent) =>
  new SignInFailure('Somebody else signed in for this tenant at the same moment. Nothing was stored.', {
    code: 'FORBIDDEN',
    title: 'Not connected',
    retry: tenantConnectPath(tenant),
  });
