import type { Connections } from '../../tokens/index.ts';
import type { Sage200Caller } from './caller.ts';
import { mayUse, type OpenCompany } from './companies.ts';
import type { Sage200Source } from './create-sage200.ts';

/** The companies that a stored connection opens, asked of Sage 200. @throws GatewayError */
export type ReadOpenCompanies = (
  connection: string,
  given?: {
    /** The only one that is meant. @default the one in force */
    readonly consent?: number | undefined;
    /** Anyone who asks: companies that it may not use are left out. @default they are not */
    readonly principal?: Sage200Caller;
    /** Given what throws once the consent has ended. */
    readonly onShown?: (assertUsable: () => void) => void;
  },
) => Promise<readonly Omit<OpenCompany, 'row'>[]>;

/** None without a client id at Sage ID, since nobody is connected then. */
export const createOpenCompaniesReader =
  (
    sage200: Pick<Sage200Source, 'companiesOf'>,
    connections: Pick<Connections, 'identityOf'> | undefined,
  ): ReadOpenCompanies =>
  async (connection, { consent, principal, onShown } = {}) => {
    const identity = await connections?.identityOf(connection);
    if (!identity || (consent !== undefined && identity.consent !== consent)) return [];
    const open = await sage200.companiesOf(identity);
    identity.assertUsable();
    onShown?.(identity.assertUsable);
    return principal ? open.filter((company) => mayUse(principal, company)) : open;
  };
