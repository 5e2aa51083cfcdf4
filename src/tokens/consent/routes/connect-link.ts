import { GatewayError, type Secret } from '../../../kit/errors/index.ts';
import type { ConnectLink, SignInAttempt, StoredClient } from '../../vault/index.ts';
import { redirect } from '../answers.ts';
import type { ConsentContext } from '../consent-context.ts';
import { faultOfLink } from '../link-fault.ts';
import { connectedPage, failurePage, linkPage } from '../page.ts';
import type { ConsentAnswer } from '../route-types.ts';
import type { SignInFailure } from '../sign-in-failure.ts';

/** Set by the page's own button. Following it does not use up the link either, since e-mail scanners follow links. */
const GO = 'go';

export const isConfirmed = (query: URLSearchParams): boolean => query.get(GO) === '1';

interface UsableLink {
  readonly link: ConnectLink;
  readonly client: StoredClient;
}

/** @throws GatewayError FORBIDDEN for a link that is not valid, or no longer valid */
export async function findUsableLink({ vault, clients, now }: ConsentContext, token: Secret): Promise<UsableLink> {
  const link = await vault.links.find(token);
  const client = link && clients?.find(link.client);
  const fault = faultOfLink(link, client, now());
  if (fault !== undefined || !link || !client) throw new GatewayError('FORBIDDEN', fault ?? '');
  return { link, client };
}

/** Shows who asks, for which client, and where the browser goes afterwards. Opening it changes nothing. */
export function showLink(context: ConsentContext, { link, client }: UsableLink, query: URLSearchParams): ConsentAnswer {
  const onwards = new URLSearchParams(query);
  onwards.set(GO, '1');
  const page = {
    asking: link.madeBy.replace(/^key:/, ''),
    gateway: new URL(context.publicOrigin()).host,
    client: client.title ?? client.name,
    returnsTo: link.returnTo === undefined ? undefined : new URL(link.returnTo).host,
    onwards: `/connect/sage200?${onwards}`,
  };
  return linkPage(page, context.basePath());
}

type LinkAttempt = SignInAttempt & { readonly link: string };

export const isByLink = (attempt: SignInAttempt | undefined): attempt is LinkAttempt => attempt?.link !== undefined;

/** Where the browser goes at the end: to `returnTo`, or to a page of the gateway. */
export async function answerByLink(
  { vault, clients, basePath, log }: ConsentContext,
  { link: id, connection = '' }: LinkAttempt,
  failure: SignInFailure | undefined,
): Promise<ConsentAnswer> {
  if (failure)
    log.warn({ connection, code: failure.code, reason: failure.title }, 'a sign-in with a connect link failed');
  const link = await vault.links.findById(id);
  if (link?.returnTo === undefined)
    return failure
      ? failurePage(failure, basePath())
      : connectedPage(clients?.find(connection)?.title ?? connection, basePath());
  const address = new URL(link.returnTo);
  address.searchParams.set('connection', connection);
  address.searchParams.set('status', statusOf(failure));
  if (link.state !== undefined) address.searchParams.set('state', link.state);
  return redirect(address.href);
}

/** `refused` if the person declined or was not allowed; `failed` for any other reason, when trying again makes sense. */
const statusOf = (failure: SignInFailure | undefined) =>
  failure === undefined ? 'connected' : failure.code === 'FORBIDDEN' ? 'refused' : 'failed';
