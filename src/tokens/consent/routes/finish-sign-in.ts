import { withoutBasePath } from '../../../kit/base-path.ts';
import type { SignInAttempt } from '../../vault/index.ts';
import { isAllowedPerson } from '../allowed-person.ts';
import { asPage, redirect } from '../answers.ts';
import type { ConsentContext } from '../consent-context.ts';
import { failurePage, renewedPage } from '../page.ts';
import type { ConsentAnswer, ConsentExchange, ConsentRoute } from '../route-types.ts';
import { SignInFailure } from '../sign-in-failure.ts';
import { answerByLink, isByLink } from './connect-link.ts';

const PATH = '/connect/sage200/callback';

/** The callback paths: the gateway's own, and the one registered with Sage if it differs. */
export function finishSignIn(context: ConsentContext): readonly ConsentRoute[] {
  const registered = URL.parse(context.redirectUri())?.pathname ?? PATH;
  return [...new Set([PATH, registered])].map((path) => ({
    path,
    access: 'open',
    handlers: { GET: asPage(context, (exchange) => finish(context, exchange)) },
  }));
}

async function finish(context: ConsentContext, exchange: ConsentExchange): Promise<ConsentAnswer> {
  const { allow, vault, sessionCookie, attempts, log } = context;
  const signIn = context.signIn();
  const used: string[] = [];
  const isOpen = context.isOpenHere(exchange);
  const before = sessionCookie.read(exchange);
  let begun: SignInAttempt | undefined;
  try {
    const finished = await signIn.finish({
      search: exchange.search,
      redirectUri: context.redirectUri(),
      attemptOf: (state) => {
        const attempt = attempts.find(exchange, state);
        if (attempt) used.push(attempts.remove(state));
        begun = attempt;
        return attempt;
      },
      requestId: exchange.requestId,
      mayConnect: (person) => isOpen || isAllowedPerson(allow, person),
    });
    // A connect link connects a client, but does not sign anybody in to the gateway.
    if (isByLink(begun)) return { ...(await answerByLink(context, begun, undefined)), cookies: used };
    const { connection, consent, person, refreshExpiresAt } = finished;
    const basePath = context.basePath();
    // Accepted with and without the path of publicUrl.
    const returnTo = `${basePath}${withoutBasePath(finished.returnTo, basePath)}`;
    if (finished.isBareRenewal) {
      const answer = finished.returnTo === '/' ? renewedPage(finished, basePath) : redirect(returnTo);
      return { ...answer, cookies: used };
    }
    if (!isOpen && !isAllowedPerson(allow, person)) return { ...redirect(returnTo), cookies: used };
    // Always a new session: a token that somebody planted must not become this person's.
    if (before) await vault.sessions.end(before);
    const { token, session } = await vault.sessions.start({
      subject: person.subject,
      connection,
      consent,
      email: person.emailVerified === true ? person.email : undefined,
      name: person.name,
      notAfter: refreshExpiresAt,
    });
    await context.note(exchange, {
      kind: 'session',
      action: 'signed_in',
      connection,
      caller: `session:${person.subject}`,
    });
    const cookie = sessionCookie.write(token, session.endsAt - context.now());
    return { ...redirect(returnTo), cookies: [...used, cookie] };
  } catch (error) {
    if (!(error instanceof SignInFailure)) throw error;
    if (isByLink(begun)) return { ...(await answerByLink(context, begun, error)), cookies: used };
    log.warn({ code: error.code, reason: error.title, err: error.cause }, 'a sign-in failed');
    return { ...failurePage(error, context.basePath()), cookies: used };
  }
}
