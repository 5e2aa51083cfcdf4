import { z } from 'zod';
import { flag, id, name, oneOf } from '../../kit/settings/index.ts';
import { isPersonalConnection } from '../../tokens/index.ts';

/** Settings that several kinds of callers have alike. */

export const companies = () =>
  z
    .union([oneOf('all'), z.array(z.strictObject({ site: id(), company: id() }))], {
      error: ({ input }) =>
        input === undefined
          ? 'is missing; write `companies: all` for every company that its sign-in opens, or the list it may use: `companies: [{ site: ID, company: ID }]`'
          : 'is neither all nor a list; write all, or [{ site: ID, company: ID }]',
    })
    .describe('Companies of Sage 200 this caller may use: all that its sign-in opens, or a list of site and company.');

export const connection = () =>
  name()
    .refine((given) => !isPersonalConnection(given), {
      error: `is a person's own connection, which only they use; write another name, and sign in for it`,
    })
    .optional()
    .describe('Name of the stored Sage 200 connection to use.');

export const tenants = () => z.array(name()).prefault([]).describe('Names of ERP tenants this caller may use.');

export const defaultTenant = () =>
  name().optional().describe('The one of its tenants that a request means which names none; needed with several only.');

export const readOnly = (byDefault: boolean) => flag().prefault(String(byDefault)).describe('Refuse every mutation.');
