import type { Connections } from '../../tokens/index.ts';
import type { Sage200Caller } from './caller.ts';
import { mayUse, type OpenCompany } from './companies.ts';
import type { Sage200Source } from './create-sage200.ts';

/** The companies that a stored connection opens, requested from Sage 200. @throws GatewayError */
export type ReadOpenCompanies = (
  connection: string,
  given?: {
    /** The only consent that is meant. @default the current one */
    readonly consent?: number | undefined;
    /** The caller: companies that it may not use are left out. @default all are included */
    readonly principal?: Sage200Caller;
    /** Receives a function that throws once the consent has ended. */
    readonly onShown?: (assertUsable: () => void) => void;
  },
) => Promise<readonly Omit<OpenCompany, 'row'>[]>;

/** Undefined without a client id at Sage ID, since nobody is connected then. */
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
