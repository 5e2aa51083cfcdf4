import { parseDuration } from '../../kit/settings/index.ts';
import type { NewConnectLink } from '../vault/index.ts';
import { type ClientUserError, invalid } from './user-error.ts';

/** A connect link as an administrator requests it. */
export interface ConnectLinkInput {
  readonly client: string;
  /** A duration such as `7d`. @default '7d' */
  readonly expiresIn?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly returnTo?: string | null | undefined;
  readonly state?: string | null | undefined;
  readonly replace?: boolean | null | undefined;
}

const USUAL_LIFE = '7d';
const SHORTEST_MS = 60_000;
const LONGEST_MS = 30 * 24 * 3600_000;
const MAX_STATE = 500;
const MAX_RETURN_TO = 2_000;

/** The requested link, and the mistakes in it. */
export function toConnectLink(
  input: ConnectLinkInput,
  {
    returnOrigins,
    madeBy,
    now,
  }: { readonly returnOrigins: readonly string[]; readonly madeBy: string; readonly now: number },
): { readonly link: NewConnectLink; readonly faults: readonly ClientUserError[] } {
  const faults: ClientUserError[] = [];
  const lifeMs = parseDuration(input.expiresIn ?? USUAL_LIFE) ?? Number.NaN;
  if (!(lifeMs >= SHORTEST_MS && lifeMs <= LONGEST_MS))
    faults.push(invalid('It must be a duration from 1m to 30d, such as 7d.', 'expiresIn'));
  const { email, returnTo, state } = input;
  if (typeof email === 'string' && (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 254))
    faults.push(invalid('This is not an e-mail address.', 'email'));
  if (typeof returnTo === 'string' && !isAllowed(returnTo, returnOrigins))
    faults.push(invalid('It must be an absolute URL whose origin is in server.returnOrigins.', 'returnTo'));
  if (typeof state === 'string' && state.length > MAX_STATE)
    faults.push(invalid(`It may have ${MAX_STATE} characters at most.`, 'state'));
  const link = {
    client: input.client,
    email: email ?? undefined,
    returnTo: returnTo ?? undefined,
    state: state ?? undefined,
    replace: input.replace ?? false,
    madeBy,
    endsAt: now + lifeMs,
  };
  return { link, faults };
}

function isAllowed(text: string, origins: readonly string[]): boolean {
  const url = URL.parse(text);
  if (!url || text.length > MAX_RETURN_TO || url.username || url.password || url.hash) return false;
  return origins.includes(url.origin);
}
