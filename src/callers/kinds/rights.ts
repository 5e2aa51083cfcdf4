import { z } from 'zod';
import { flag, id, name, oneOf } from '../../kit/settings/index.ts';
import { isPersonalConnection } from '../../tokens/index.ts';

/** Settings that several kinds of callers have in common. */

export const companies = () =>
  z
    .union([oneOf('all'), z.array(z.strictObject({ site: id(), company: id() }))], {
      error: ({ input }) =>
        input === undefined
          ? 'is required; write `companies: all` for every company that its sign-in opens, or a list: `companies: [{ site: ID, company: ID }]`'
          : 'is neither all nor a list; use all, or [{ site: ID, company: ID }]',
    })
    .describe(
      'Sage 200 companies that this caller may use: all that its sign-in opens, or a list of site and company.',
    );

export const connection = () =>
  name()
    .refine((given) => !isPersonalConnection(given), {
      error: `is a person's own connection, which only that person may use; use another name, and sign in for it`,
    })
    .optional()
    .describe('Name of the stored Sage 200 connection to use.');

export const tenants = () =>
  z.array(name()).prefault([]).describe('Names of the ERP tenants that this caller may use.');

export const defaultTenant = () =>
  name().optional().describe('The tenant to use if a request does not name one. Only needed with several tenants.');

export const readOnly = (byDefault: boolean) => flag().prefault(String(byDefault)).describe('Refuse every mutation.');
