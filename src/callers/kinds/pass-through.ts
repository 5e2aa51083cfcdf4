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
      .describe('Client ids at Sage ID, besides sage200.clientId, whose tokens are accepted (azp or client_id).'),
    allow: z
      .array(account())
      .prefault([])
      .describe(
        'Who may call: the sub of Sage ID accounts, or e-mail addresses that the token says are verified. Empty: every account with an open company, for Sage 200 alone.',
      ),
    companies: companies(),
    tenants: tenants(),
    defaultTenant: defaultTenant(),
    readOnly: readOnly(true),
    ...rights.settings(),
    opaque: flag()
      .prefault('false')
      .describe(
        'Accept tokens that are not JWTs too, for Sage 200 alone. The gateway cannot see to which application such a token was issued.',
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
      { error: 'is neither false nor settings; write false, or { companies: all, tenants: [], readOnly: true }' },
    )
    .prefault('false')
    .describe('Callers who bring their own Sage ID token, used for Sage 200. Either false, or what they may.');

type PassThroughSettings = Read<ReturnType<typeof given>>;

/**
 * Callers who bring their own Sage ID token. That it is genuine is not a right by itself: it must have been issued to an
 * application that is listed, and its person must have an open company here.
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
    // A genuine token says who somebody is, and never by itself what they may do.
    const byOurRights = ['tenants', ...rights.names].find((name) => isGiven(file, [...path, name]));
    if (byOurRights && file.list([...path, 'allow']).length === 0) {
      faults.add(
        [...path, 'allow'],
        `is missing beside ${byOurRights}, which the gateway asks with its own rights; write who may call, such as \`allow: [jane@example.com]\`, or the sub of their tokens`,
      );
    }
    if (!file.has(['sage200'])) {
      faults.add(path, 'needs Sage 200; write the section sage200, or remove this');
    } else if (!file.has(['sage200', 'clientId']) && file.list([...path, 'clients']).length === 0) {
      faults.add(
        [...path, 'clients'],
        'is missing, and there is no sage200.clientId; write the client ids whose tokens are accepted',
      );
    }
  },
  create: (given, parts) => (given ? createPassThroughCheck(given, parts) : {}),
};

const isGiven = (file: SettingsReader, path: Path): boolean =>
  file.list(path).length > 0 || (file.text(path) ?? 'none') !== 'none';

/** How long an answer of Sage about a token counts, ms, and how many are kept of each kind. */
const ACCEPTED_MS = 60_000;
const REFUSED_MS = 30_000;
const MAX_TOKENS = 1_000;

/** How long a token that Sage accepted is asked about again without waiting for others, ms: longer than one lives. */
const RIGHT_MS = 24 * 3_600_000;
const MAX_RIGHT = 10_000;

type Accepted = Promise<readonly CompanyRef[]>;

function createPassThroughCheck(given: PassThroughSettings, parts: CallerParts): CallerCheck {
  const { sageId, companiesOf, rights, wrong, send, now } = parts;
  const { allow } = given;
  const clients = new Set([...given.clients, ...(sageId.clientId === undefined ? [] : [sageId.clientId])]);
  const checkToken = createSageTokenCheck({ ...sageId, clients, send, now });
  // By digest, so that a token stays in memory no longer than its request. Apart, so that wrong ones push out no right ones.
  const bounds = { maxEntries: MAX_TOKENS, now };
  const accepted = new BoundedCache<string, Accepted>({ name: 'accepted tokens', lifeMs: ACCEPTED_MS, ...bounds });
  const right = new BoundedCache<string, true>({ name: 'right tokens', lifeMs: RIGHT_MS, maxEntries: MAX_RIGHT, now });
  const refused = new BoundedCache<string, true>({ name: 'refused tokens', lifeMs: REFUSED_MS, ...bounds });
  // Different in every process: the identity cannot be computed from a token seen elsewhere.
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
      'This Sage ID account is not allowed to call the gateway. Have its sub, or an e-mail address that its token says is verified, added to callers.passThrough.allow.',
      { caller: idOf(subject) },
    );
  };

  return {
    async ofBearer(bearer, address) {
      // Undefined for an opaque token: it says nothing, and only Sage knows whose it is.
      const account = await checkToken(bearer);
      if (!account && !given.opaque) throw opaqueRefused();
      if (account) assertAllowed(account);
      else if (allow.length > 0) throw opaqueRefused();
      const token = new Secret(bearer);
      const digest = createHash('sha256').update(bearer).digest('hex');
      const ask = () => companiesOf(token);
      // Genuine tokens cannot be made up, nor those that Sage has accepted: only of the others are so many asked about and no more.
      const isRight = account !== undefined || right.has(digest);
      const open = await openTo(digest, isRight ? ask : () => wrong.ask(address, ask));
      if (!account) right.set(digest, true);
      const key = `token:${createHmac('sha256', identityKey).update(bearer).digest('hex').slice(0, 32)}`;
      // The same with the person's next token: what they wrote under an idempotency key stays theirs.
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

/** @throws GatewayError FORBIDDEN unless one of the companies that are open to the token is among those of the settings */
function assertOpen(open: readonly CompanyRef[], allowed: PassThroughSettings['companies'], caller: string): void {
  const isAllowed = ({ site, company }: CompanyRef) =>
    allowed === 'all' ||
    allowed.some((each) => each.site.toLowerCase() === site.toLowerCase() && each.company === company);
  if (open.some(isAllowed)) return;
  throw new GatewayError(
    'FORBIDDEN',
    'This Sage ID account has no company here: none is open to it in Sage 200, or none of those in callers.passThrough.companies.',
    { caller },
  );
}

const idOf = (subject: string): string => `sage-id:${subject}`;

const opaqueRefused = () =>
  wrongCredentials(
    undefined,
    'This token is not accepted. If it is a Sage ID token it is opaque: it does not show to which application it was issued, so it is refused. Send one that is a JWT (ask Sage ID for it with the audience of Sage 200), or an API key.',
  );

/** A token that Sage refused later has to be accepted again. */
function forgetWhenDropped(tokens: TokenSource, forget: () => void): TokenSource {
  return {
    get: () => tokens.get(),
    drop(rejected) {
      forget();
      tokens.drop(rejected);
    },
  };
}

/** Whether Sage judged the token. One that is down says nothing about it: the caller hears of the outage. */
const isVerdict = (error: unknown) => error instanceof GatewayError && VERDICTS.has(error.code);

const VERDICTS = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'UPSTREAM_REJECTED']);
