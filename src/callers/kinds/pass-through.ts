import { createHash, createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { BoundedCache } from '../../kit/cache.ts';
import { GatewayError, Secret } from '../../kit/errors/index.ts';
import { account, flag, oneOf, type Path, type Read, type SettingsReader, text } from '../../kit/settings/index.ts';
import type { CompanyRef } from '../../subschemas/sage200/index.ts';
import { createPassThroughTokenSource, type TokenSource } from '../../tokens/index.ts';
import type { CallerCheck, CallerKind, CallerParts } from '../caller-kind.ts';
import { createSageTokenCheck, type SageAccount } from '../sage-token.ts';
import type { SourceRights } from '../source-rights.ts';
import { wrongCredentials } from '../unauthenticated.ts';
import { companies, defaultTenant, readOnly, tenants } from './rights.ts';

const given = (rights: SourceRights) =>
  z.strictObject({
    clients: z
      .array(text())
      .prefault([])
      .describe('Sage ID client ids whose tokens are accepted, besides sage200.clientId (azp or client_id).'),
    allow: z
      .array(account())
      .prefault([])
      .describe(
        'Who may call: subjects (sub) of Sage ID accounts, or e-mail addresses that the token says are verified. If empty: every account with an open company, but only for Sage 200.',
      ),
    companies: companies(),
    tenants: tenants(),
    defaultTenant: defaultTenant(),
    readOnly: readOnly(true),
    ...rights.settings(),
    opaque: flag()
      .prefault('false')
      .describe(
        'Also accept tokens that are not JWTs, but only for Sage 200. The gateway cannot see to which application such a token was issued.',
      ),
  });

const settings = (rights: SourceRights) =>
  z
    .union(
      [
        oneOf('false')
          .transform(() => false as const)
          .meta({ type: 'boolean', const: false, anyOf: undefined }),
        given(rights),
      ],
      { error: 'is neither false nor settings; use false, or { companies: all, tenants: [], readOnly: true }' },
    )
    .prefault('false')
    .describe(
      'Callers who send their own Sage ID token, which is used for Sage 200. Either false, or what they may do.',
    );

type PassThroughSettings = Read<ReturnType<typeof given>>;

/**
 * Callers who send their own Sage ID token. A genuine token alone grants nothing: it must have been issued to a listed
 * application, and its person must have access to one of the companies.
 */
export const passThrough: CallerKind<'passThrough', PassThroughSettings | false> = {
  name: 'passThrough',
  description: "A person's own Sage ID token.",
  section: 'passThrough',
  settings,
  atMost: { admin: 'never', tenants: true },
  admits: (given) => given !== false,
  check(file, faults, rights) {
    const path = ['callers', 'passThrough'];
    if (!file.isGroup(path)) return;
    // A genuine token says who somebody is, but not what they may do.
    const byOurRights = ['tenants', ...rights.names].find((name) => isGiven(file, [...path, name]));
    if (byOurRights && file.list([...path, 'allow']).length === 0) {
      faults.add(
        [...path, 'allow'],
        `is required with ${byOurRights}, where the gateway uses its own rights; write who may call, such as \`allow: [jane@example.com]\`, or the sub of their tokens`,
      );
    }
    if (!file.has(['sage200'])) {
      faults.add(path, 'needs Sage 200; add the section sage200, or remove this setting');
    } else if (!file.has(['sage200', 'clientId']) && file.list([...path, 'clients']).length === 0) {
      faults.add(
        [...path, 'clients'],
        'is required, since there is no sage200.clientId; write the client ids whose tokens are accepted',
      );
    }
  },
  create: (given, parts) => (given ? createPassThroughCheck(given, parts) : {}),
};

const isGiven = (file: SettingsReader, path: Path): boolean =>
  file.list(path).length > 0 || (file.text(path) ?? 'none') !== 'none';

/** How long Sage's answer about a token is cached, ms, and how many answers of each kind are kept. */
const ACCEPTED_MS = 60_000;
const REFUSED_MS = 30_000;
const MAX_TOKENS = 1_000;

/** How long a token that Sage accepted may be checked again without waiting for others, ms: longer than a token lasts. */
const RIGHT_MS = 24 * 3_600_000;
const MAX_RIGHT = 10_000;

type Accepted = Promise<readonly CompanyRef[]>;

function createPassThroughCheck(given: PassThroughSettings, parts: CallerParts): CallerCheck {
  const { sageId, companiesOf, rights, wrong, send, now } = parts;
  const { allow } = given;
  const clients = new Set([...given.clients, ...(sageId.clientId === undefined ? [] : [sageId.clientId])]);
  const checkToken = createSageTokenCheck({ ...sageId, clients, send, now });
  // By digest, so that a token stays in memory no longer than its request. In separate caches, so that wrong tokens do not evict right ones.
  const bounds = { maxEntries: MAX_TOKENS, now };
  const accepted = new BoundedCache<string, Accepted>({ name: 'accepted tokens', lifeMs: ACCEPTED_MS, ...bounds });
  const right = new BoundedCache<string, true>({ name: 'right tokens', lifeMs: RIGHT_MS, maxEntries: MAX_RIGHT, now });
  const refused = new BoundedCache<string, true>({ name: 'refused tokens', lifeMs: REFUSED_MS, ...bounds });
  // Different in every process, so that nobody can compute the identity from a token seen elsewhere.
  const identityKey = randomBytes(32);

  const openTo = (digest: string, ask: () => Accepted): Accepted => {
    const known = accepted.get(digest);
    if (known !== undefined) return known;
    if (refused.get(digest)) return Promise.reject(wrongCredentials());
    const asked = ask().catch((error: unknown) => {
      accepted.delete(digest);
      if (!isVerdict(error)) throw error;
      refused.set(digest, true);
      throw wrongCredentials(error);
    });
    accepted.set(digest, asked);
    return asked;
  };

  const assertAllowed = ({ subject, email }: SageAccount): void => {
    if (allow.length === 0 || allow.includes(subject)) return;
    if (email !== undefined && allow.some((entry) => entry.toLowerCase() === email)) return;
    throw new GatewayError(
      'FORBIDDEN',
      'This Sage ID account may not call the gateway. Ask the operator to add its sub, or an e-mail address that its token says is verified, to callers.passThrough.allow.',
      { caller: idOf(subject) },
    );
  };

  return {
    async ofBearer(bearer, address) {
      // Undefined for an opaque token: only Sage knows whose it is.
      const account = await checkToken(bearer);
      if (!account && !given.opaque) throw opaqueRefused();
      if (account) assertAllowed(account);
      else if (allow.length > 0) throw opaqueRefused();
      const token = new Secret(bearer);
      const digest = createHash('sha256').update(bearer).digest('hex');
      const ask = () => companiesOf(token);
      // Genuine tokens and those that Sage has accepted cannot be forged, so only checks of other tokens are limited.
      const isRight = account !== undefined || right.has(digest);
      const open = await openTo(digest, isRight ? ask : () => wrong.ask(address, ask));
      if (!account) right.set(digest, true);
      const key = `token:${createHmac('sha256', identityKey).update(bearer).digest('hex').slice(0, 32)}`;
      // Stays the same with the person's next token, so that their idempotency keys remain valid.
      const id = account ? idOf(account.subject) : key;
      assertOpen(open, given.companies, id);
      const tokens = forgetWhenDropped(createPassThroughTokenSource(token), () => accepted.delete(digest));
      return {
        id,
        kind: 'passThrough',
        sage200: { key, tokens },
        companies: given.companies,
        tenants: account ? given.tenants : [],
        defaultTenant: account ? given.defaultTenant : undefined,
        readOnly: given.readOnly,
        ...rights.in(given),
        admin: false,
      };
    },
  };
}

/** @throws GatewayError FORBIDDEN unless the token opens one of the companies in the settings */
function assertOpen(open: readonly CompanyRef[], allowed: PassThroughSettings['companies'], caller: string): void {
  const isAllowed = ({ site, company }: CompanyRef) =>
    allowed === 'all' ||
    allowed.some((each) => each.site.toLowerCase() === site.toLowerCase() && each.company === company);
  if (open.some(isAllowed)) return;
  throw new GatewayError(
    'FORBIDDEN',
    'This Sage ID account has no company here: it may open none in Sage 200, or none of those in callers.passThrough.companies.',
    { caller },
  );
}

const idOf = (subject: string): string => `sage-id:${subject}`;

const opaqueRefused = () =>
  wrongCredentials(
    undefined,
    'This token is not accepted. If it is a Sage ID token, it is opaque and does not show to which application it was issued. Send a JWT (request it from Sage ID with the audience of Sage 200), or an API key.',
  );

/** A token that Sage refuses later must be checked again. */
function forgetWhenDropped(tokens: TokenSource, forget: () => void): TokenSource {
  return {
    get: () => tokens.get(),
    drop(rejected) {
      forget();
      tokens.drop(rejected);
    },
  };
}

/** Whether Sage judged the token. If Sage is down, the caller gets the outage as the error. */
const isVerdict = (error: unknown) => error instanceof GatewayError && VERDICTS.has(error.code);

const VERDICTS = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'UPSTREAM_REJECTED']);
