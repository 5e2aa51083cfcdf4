/** What states and codes mean and what to do, as in the README. */

const SIGN_IN_STATES = {
  CONNECTED: { label: 'Connected', tone: 'good', words: 'Works. The gateway renews it automatically.' },
  RENEWING: { label: 'Renewing', tone: 'good', words: 'A new token is being fetched; requests continue.' },
  NEEDS_CONSENT: {
    label: 'Sign in again',
    tone: 'bad',
    words: 'Sage no longer accepts this sign-in. Its person must sign in again.',
  },
  MISCONFIGURED: {
    label: 'Wrong settings',
    tone: 'bad',
    words:
      'Sage refuses the gateway itself. The people who run it must correct the client id, secret or audience and restart it; nobody must sign in again.',
  },
  UNAVAILABLE: {
    label: 'Not reachable',
    tone: 'wait',
    words:
      'Sage ID does not answer, or the vault cannot be written. The gateway tries again automatically and keeps the sign-in.',
  },
};

const TENANT_STATES = {
  UNKNOWN: { label: 'Not used yet', tone: 'wait', words: 'Nobody has used it since the gateway started.' },
  LOADING: { label: 'Loading', tone: 'wait', words: 'Its schema is being fetched.' },
  READY: { label: 'Ready', tone: 'good', words: 'It answers, and its schema is loaded.' },
  STALE: {
    label: 'Earlier schema',
    tone: 'wait',
    words: 'An earlier schema is used until the tenant answers again.',
  },
  UNAVAILABLE: {
    label: 'Not reachable',
    tone: 'bad',
    words: 'Its schema is missing. Sage 200 works without it; see the failure and the log.',
  },
};

const UNKNOWN = { label: 'Unknown', tone: 'wait', words: 'This page does not know this state. Reload it.' };

export const NOBODY_YET = { label: 'Nobody yet', tone: 'wait', words: 'Nobody has signed in for this connection yet.' };

export const signInState = (state) => SIGN_IN_STATES[state] ?? UNKNOWN;
/** The reason of a failure, with the text of `gateway check`, goes before the text for the state. */
export function tenantState(state, lastError) {
  const known = TENANT_STATES[state] ?? UNKNOWN;
  if (!lastError?.message || state === 'READY') return known;
  const label = lastError.code === 'MISCONFIGURED' ? 'Wrong settings' : known.label;
  return { ...known, label, words: `${lastError.message} ${state === 'STALE' ? known.words : ''}`.trim() };
}

const ADVICE = {
  BAD_USER_INPUT: 'Fix the document or its variables.',
  UNAUTHENTICATED: 'Sign in, or use a key.',
  FORBIDDEN: 'This caller does not have the right. The people who run the gateway can grant it.',
  COMPANY_REQUIRED: 'Choose a company above and run it again.',
  TENANT_REQUIRED: 'Choose an ERP tenant above and run it again.',
  NEEDS_CONSENT: 'The person behind the connection must sign in to Sage again.',
  UPSTREAM_REJECTED: 'Sage refused it, with this message.',
  RATE_LIMITED: 'Wait a little and run it again.',
  UPSTREAM_UNAVAILABLE: 'Run it again in a moment.',
  UPSTREAM_TIMEOUT: 'Run it again in a moment.',
  OUTCOME_UNKNOWN: 'Look the record up before you send it again.',
  MISCONFIGURED: 'The people who run the gateway fix the configuration; the log says what is wrong.',
  COST_EXCEEDED: 'Request less at a time.',
  OVERLOADED: 'Run it again in a moment, or request less at a time.',
};

export const adviceFor = (code) => ADVICE[code] ?? 'Tell the people who run the gateway.';

const DAY_MS = 24 * 3600_000;
/** The gateway itself warns from this time on. */
const SOON_DAYS = 10;

/** How long a consent is valid. */
export function holdingWords(refreshExpiresAt, now = Date.now()) {
  const days = Math.floor((Date.parse(refreshExpiresAt) - now) / DAY_MS);
  if (days < 0) return { words: 'Sage’s consent has ended', isSoon: true };
  const left = days === 0 ? 'less than a day' : days === 1 ? '1 day' : `${days} days`;
  return { words: `Consent is valid until ${dayOf(refreshExpiresAt)}, ${left} from now`, isSoon: days < SOON_DAYS };
}

export const dayOf = (iso) => new Date(iso).toLocaleDateString('en-GB', { dateStyle: 'long' });
export const momentOf = (iso) => new Date(iso).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** @param seconds since something was confirmed */
export function agoWords(seconds) {
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

const CLIENT_STATES = {
  READY: { label: 'Ready', tone: 'good', words: 'Its programs are served.' },
  NOT_CONNECTED: { label: 'Not connected', tone: 'wait', words: 'Nobody has signed in to Sage 200 for it yet.' },
  NEEDS_CONSENT: { label: 'Sign in again', tone: 'bad', words: 'Its person must sign in to Sage 200 again.' },
  FAILING: { label: 'Failing', tone: 'bad', words: 'Its sign-in to Sage 200 cannot be renewed at the moment.' },
  DISABLED: { label: 'Disabled', tone: 'wait', words: 'Its keys and links do not work.' },
  SHADOWED: { label: 'Not served', tone: 'bad', words: 'The configuration already uses this name.' },
};

export const clientState = (state) => CLIENT_STATES[state] ?? { label: state, tone: 'wait', words: '' };
