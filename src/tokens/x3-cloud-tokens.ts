import { GatewayError } from '../kit/errors/index.ts';
import type { MaybePromise } from '../kit/maybe-promise.ts';
import type { ConnectionIdentity } from './connections.ts';
import type { ErpAccessToken, ErpTenantSettings, ErpTokens } from './erp-tokens.ts';
import { isAllowedAddress } from './is-allowed-address.ts';
import { TokenRequestError } from './token-request-error.ts';
import type { AccessToken } from './token-source.ts';
import { toX3CloudError, type X3CloudClient, type X3Folder } from './x3-cloud-client.ts';

export interface X3CloudTokensOptions {
  readonly tenant: Pick<ErpTenantSettings, 'name' | 'folder' | 'allowedHosts'>;
  readonly cloud: Pick<X3CloudClient, 'folders'>;
  /** Whether this process knows of a sign-in. */
  readonly consentIsThere: () => boolean;
  readonly identity: () => MaybePromise<ConnectionIdentity | undefined>;
  /** Where a consent is renewed; undefined for one that is not this tenant's any more. */
  readonly endpointOf: (subject: string | undefined) => string | undefined;
  /** Thrown for such a consent. */
  readonly onForeign: () => GatewayError;
  readonly close: () => Promise<void>;
}

/** The GraphQL address of a consent, as its list of folders told. */
interface Address {
  readonly consent: string;
  readonly found: Promise<string>;
  url?: string;
}

/** The tokens of a consent, each with the address of the tenant's folder, which a list of folders tells once. */
export function createX3CloudTokens(options: X3CloudTokensOptions): ErpTokens {
  const { tenant, cloud, endpointOf } = options;
  let address: Address | undefined;
  /** The same object for the same token: what is remembered of a token hangs on it. */
  let last: { readonly inner: AccessToken; readonly token: ErpAccessToken } | undefined;

  const toToken = (inner: AccessToken, graphqlUrl: string): ErpAccessToken => {
    const isSame = last?.inner.value.reveal() === inner.value.reveal() && last.token.graphqlUrl === graphqlUrl;
    if (!last || !isSame) last = { inner, token: { ...inner, graphqlUrl } };
    return last.token;
  };

  /** A token that was stored by another process may be spent by Sage's clock: then the list is asked for once more. */
  const listFolders = async (
    { tokens }: ConnectionIdentity,
    endpoint: string,
    inner: AccessToken,
  ): Promise<readonly X3Folder[]> => {
    try {
      const list = await cloud.folders(endpoint, inner.value);
      if (list) return list;
      tokens.drop(inner);
      const again = await cloud.folders(endpoint, (await tokens.get()).value);
      if (again) return again;
    } catch (error) {
      throw error instanceof TokenRequestError ? toX3CloudError(tenant.name, error) : error;
    }
    throw misconfigured(tenant.name, "refuses the gateway's token, also a new one. Disconnect it and sign in again");
  };

  const findAddress = (identity: ConnectionIdentity, endpoint: string, inner: AccessToken): Address => {
    if (address?.consent === identity.key) return address;
    const found = listFolders(identity, endpoint, inner).then((folders) => chooseFolder(folders, tenant, endpoint));
    const begun: Address = { consent: identity.key, found };
    address = begun;
    found.then(
      (url) => {
        begun.url = url;
      },
      () => {
        if (address === begun) address = undefined;
      },
    );
    return begun;
  };

  return {
    peek() {
      const identity = options.consentIsThere() ? options.identity() : undefined;
      if (!identity || identity instanceof Promise || address?.consent !== identity.key) return undefined;
      const inner = address.url === undefined ? undefined : identity.tokens.peek?.();
      return inner && address.url !== undefined ? toToken(inner, address.url) : undefined;
    },

    async get() {
      const identity = await options.identity();
      if (!identity) throw options.onForeign();
      identity.assertUsable();
      const endpoint = endpointOf(identity.subject);
      if (endpoint === undefined) throw options.onForeign();
      const graphqlUrl = await findAddress(identity, endpoint, await identity.tokens.get()).found;
      return toToken(await identity.tokens.get(), graphqlUrl);
    },

    drop(rejected) {
      address = undefined;
      const identity = options.consentIsThere() ? options.identity() : undefined;
      if (identity && !(identity instanceof Promise)) identity.tokens.drop(rejected);
    },

    close: options.close,
  };
}

/** The address of the folder that is meant, as Sage wrote it. @throws GatewayError */
function chooseFolder(
  folders: readonly X3Folder[],
  { name, folder, allowedHosts }: X3CloudTokensOptions['tenant'],
  endpoint: string,
): string {
  const list = folders.map((each) => each.name).join(', ') || 'none';
  const meant = folder === undefined ? folders : folders.filter((each) => each.name === folder);
  const [found, ...others] = meant;
  if (others.length > 0) throw misconfigured(name, `has several approved folders: ${list}. Write one as folder`);
  if (!found)
    throw misconfigured(
      name,
      `has no approval for the folder ${folder ?? 'of its X3'}; approved: ${list}. Sign in again and choose it`,
    );
  const { dataService } = found;
  if (dataService === undefined) throw misconfigured(name, `has no GraphQL in its folder ${found.name}`);
  if (!isAllowedAddress(dataService, { allowedHosts, tokenUrl: endpoint }))
    throw misconfigured(name, 'names a GraphQL address outside allowedHosts over https');
  return dataService;
}

const misconfigured = (tenant: string, what: string) =>
  new GatewayError('MISCONFIGURED', `ERP tenant "${tenant}" ${what}.`, { source: `erp:${tenant}` });
