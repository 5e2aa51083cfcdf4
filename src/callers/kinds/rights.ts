import { z } from 'zod';
import { flag, id, name, oneOf } from '../../kit/settings/index.ts';
import { SOURCE_SECTIONS } from '../../subschemas/sections.ts';
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

const SOURCE_RIGHTS = SOURCE_SECTIONS.flatMap(({ right }) => right ?? []);

/** Rights that sources bring. Each kind has them alike, and its principals carry them by the same names. */
export const sourceRights = (words: readonly string[] = ['none', 'read', 'write']): object =>
  Object.fromEntries(
    SOURCE_RIGHTS.map(({ name, description }) => [
      name,
      oneOf(...words)
        .prefault('none')
        .describe(description),
    ]),
  );

/** Those of a caller whom nobody has given any. */
export const noSourceRights = (): object => Object.fromEntries(SOURCE_RIGHTS.map(({ name }) => [name, 'none']));

export const sourceRightNames = (): readonly string[] => SOURCE_RIGHTS.map(({ name }) => name);

/** Those of a caller with these settings. */
export const sourceRightsIn = (settings: object): object =>
  Object.fromEntries(SOURCE_RIGHTS.map(({ name }) => [name, Reflect.get(settings, name)]));
