import type { SandboxClock, SandboxRequest, SandboxResponse } from '../../sandbox-server.ts';
import { bearerOf } from '../tokens/token-api.ts';
import { approvalPage, refusalPage, returningForm } from './pages.ts';
import { createPairings, type Pairing } from './pairings.ts';

/** Base path of the regional API; the paths below it are those that Sage documents. */
export const X3_CLOUD_PATH = '/x3/v1';

/** An application of the App Registry, and the one customer who has an X3 here. */
export interface X3CloudApplication {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly customer: string;
}

/** What Sage's documents leave open, or what can go wrong. */
export interface X3CloudSwitches {
  /** How the answer to a pairing is returned: as a form, or by a 307 with the members in its URL. */
  readonly callback: 'form' | 'query';
  /** The regional API that a callback names; undefined: none, so it is the one that was asked. */
  readonly otherRegion: string | undefined;
}

export interface X3CloudOptions {
  readonly application: X3CloudApplication;
  /** Without a slash at the end. */
  readonly url: () => string;
  readonly clock: () => SandboxClock;
  /** Answers GraphQL requests that have access. */
  readonly serve: (request: SandboxRequest) => Promise<SandboxResponse>;
}

/** The folders with the ends of their GraphQL addresses, which Sage's own example writes in two ways. */
const FOLDERS: Readonly<Record<string, string>> = { SEED: 'X3CLOUDV2_SEED/api', X3: 'X3CLOUDV2_X3/graphQL' };

/**
 * The regional API of Sage's X3 cloud: pairing, tokens, folders, GraphQL. Paths, lives and the answer's form are
 * documented; codes of refusals, the form of a person's refusal and the deletion's form are made up.
 */
export function createX3Cloud({ application, url, clock, serve }: X3CloudOptions) {
  const pairings = createPairings(clock);
  let switches: X3CloudSwitches = { callback: 'form', otherRegion: undefined };
  const root = () => `${url()}${X3_CLOUD_PATH}`;

  const sendBack = (redirectUri: string, members: Readonly<Record<string, string>>): SandboxResponse => {
    const { callback, otherRegion } = switches;
    const all = { ...members, ...('authorizationCode' in members && otherRegion && { endpoint: otherRegion }) };
    if (callback === 'form') return returningForm(redirectUri, all);
    const address = new URL(redirectUri);
    for (const [name, value] of Object.entries(all)) address.searchParams.set(name, value);
    return { status: 307, headers: { location: address.href } };
  };

  const approve = (request: SandboxRequest): SandboxResponse => {
    const isAnswer = request.method === 'POST';
    const given = isAnswer ? new URLSearchParams(request.body.toString('utf8')) : request.query;
    const redirectUri = given.get('redirect_uri') ?? '';
    const state = given.get('state') ?? '';
    if (given.get('client_id') !== application.clientId) return refusalPage(400, 'This application is not registered.');
    if (!isWebAddress(redirectUri)) return refusalPage(400, 'This redirect address is not registered.');
    if (given.get('customer') !== application.customer)
      return sendBack(redirectUri, { error: 'Could not associate the application with a customer.', state });
    const auto = given.get('auto');
    if (!isAnswer && auto === null) return approvalPage(given, Object.keys(FOLDERS));
    if (given.get('answer') === 'reject') return sendBack(redirectUri, { error: 'The request was rejected.', state });
    const folders = (auto === null ? given.getAll('folder') : auto.split(',')).filter((folder) => folder in FOLDERS);
    const pairing: Pairing = { clientId: application.clientId, scope: given.get('scope') ?? '', folders };
    return sendBack(redirectUri, { authorizationCode: pairings.newCode(pairing, redirectUri), state });
  };

  const token = (request: SandboxRequest): SandboxResponse => {
    if (request.method === 'DELETE')
      return pairings.end(bearerOf(request)) ? { status: 204 } : json(401, { message: 'The token is not valid.' });
    if (!(request.headers['content-type'] ?? '').startsWith('application/json'))
      return json(415, { message: 'Send JSON.' });
    const body = JSON.parse(request.body.toString('utf8')) as Readonly<Record<string, string | undefined>>;
    if (body['client_id'] !== application.clientId || body['client_secret'] !== application.clientSecret)
      return json(401, { error: 'invalid_client' });
    const tokens =
      body['grant_type'] === 'authorization_code'
        ? pairings.redeem(body['code'] ?? '', body['redirect_uri'] ?? '')
        : pairings.renew(body['refresh_token'] ?? '');
    return tokens ? json(200, tokens) : json(401, { message: 'It is not valid, or was used before.' });
  };

  const folders = (request: SandboxRequest): SandboxResponse => {
    const pairing = pairings.opens(bearerOf(request));
    if (!pairing) return json(401, { message: 'The token is not valid.' });
    const toFolder = (name: string) => ({
      name,
      $urls: {
        dataIngestion: `${root()}/dataingestion/${name}/`,
        dataDelivery: `${root()}/datadelivery/${name}/`,
        dataService: `${root()}/service/${FOLDERS[name]}`,
      },
    });
    return json(200, { folders: pairing.folders.map(toFolder) });
  };

  const service = (request: SandboxRequest, end: string): Promise<SandboxResponse> | SandboxResponse => {
    const [folder] = Object.entries(FOLDERS).find(([, path]) => path === end) ?? [];
    if (folder === undefined) return json(404, { message: 'There is no such endpoint.' });
    const pairing = pairings.opens(bearerOf(request));
    if (!pairing) return json(401, { message: 'The token is not valid.' });
    const isAllowed = pairing.folders.includes(folder) && pairing.scope.split(' ').includes('api.graphQL');
    return isAllowed ? serve(request) : json(403, { message: 'This was not approved.' });
  };

  return {
    handle(request: SandboxRequest): Promise<SandboxResponse> | SandboxResponse {
      const path = request.path.slice(X3_CLOUD_PATH.length);
      if (path === '') return json(200, rootDocument(root()));
      if (path === '/token/authorise') return approve(request);
      if (path === '/token') return token(request);
      if (path === '/folders') return folders(request);
      if (path.startsWith('/service/')) return service(request, path.slice('/service/'.length));
      return json(404, { message: 'There is nothing at this address.' });
    },
    configure(changes: Partial<X3CloudSwitches>) {
      switches = { ...switches, ...changes };
    },
    withdraw: pairings.clear,
  };
}

const rootDocument = (root: string) => ({
  customerAccess: { authorise: `${root}/token/authorise`, token: `${root}/token` },
  customerUsage: {
    folder: `${root}/folders`,
    graphQL: `${root}/service/{endPoint}/api`,
    dataIngestion: `${root}/dataingestion/{folderName}`,
    dataDelivery: `${root}/datadelivery/{folderName}`,
  },
  apiDoc: `${root}/swagger`,
  businessDomains: ['ALL'],
});

const isWebAddress = (text: string) => /^https?:$/.test(URL.parse(text)?.protocol ?? '');

const json = (status: number, body: unknown): SandboxResponse => ({ status, body });
