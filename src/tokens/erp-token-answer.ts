import { Secret } from '../kit/errors/index.ts';
import { type JsonObject, parseObject, toObject } from '../kit/json.ts';

/** What an ERP token answer holds, whichever of its documented forms it has. Addresses are not yet checked. */
export interface ErpTokenAnswer {
  readonly accessToken: Secret | undefined;
  /** ms the access token lives, counted from the request. */
  readonly lifetimeMs: number;
  readonly refreshToken: Secret | undefined;
  /** ms the refresh token lives, where the answer says it. */
  readonly refreshLifetimeMs: number | undefined;
  readonly graphqlUrl: string | undefined;
  readonly refreshUrl: string | undefined;
  readonly invalidateUrl: string | undefined;
}

const ACCESS_TOKEN = ['accessToken', 'access_token'];

/** The documented life of an access token, for answers that give no other. */
const DEFAULT_LIFETIME_MS = 900_000;
/** An answer's dates are read by its own clock when that is further than this from ours. */
const TOLERATED_SKEW_MS = 30_000;

/**
 * Reads an answer of the ERP's token API tolerantly: "How to get access to the tenant" exists in two ages that
 * spell the keys differently, and names neither the expiry keys nor what stands inside `apps`. Case does not count, and all
 * of it may stand below `data`.
 * @param sentAt epoch ms before the request was sent.
 * @param serverTime epoch ms of the answer's `Date` header, if it had one.
 * @param usualLifetimeMs of an access token, where the answer does not say it.
 * @returns undefined when the body is not a JSON object.
 */
export function parseErpTokenAnswer(
  body: string,
  sentAt: number,
  serverTime?: number,
  usualLifetimeMs = DEFAULT_LIFETIME_MS,
): ErpTokenAnswer | undefined {
  const whole = parseObject(body);
  if (!whole) return undefined;
  const answer = firstText(whole, ACCESS_TOKEN) === undefined ? (toObject(memberOf(whole, 'data')) ?? whole) : whole;
  const urls = toObject(memberOf(answer, 'urls')) ?? {};
  const skewed = serverTime !== undefined && Math.abs(serverTime - sentAt) > TOLERATED_SKEW_MS;
  const clock = skewed ? serverTime : sentAt;
  const accessToken = firstText(answer, ACCESS_TOKEN);
  const refreshToken = firstText(answer, ['refreshToken', 'refresh_token']);
  return {
    accessToken: accessToken === undefined ? undefined : new Secret(accessToken),
    lifetimeMs:
      lifetimeByDate(answer, clock, 'access') ??
      lifetimeBySeconds(answer, 'access') ??
      jwtLifetime(accessToken, clock) ??
      usualLifetimeMs,
    refreshToken: refreshToken === undefined ? undefined : new Secret(refreshToken),
    refreshLifetimeMs:
      lifetimeByDate(answer, clock, 'refresh') ??
      lifetimeBySeconds(answer, 'refresh') ??
      jwtLifetime(refreshToken, clock),
    graphqlUrl: firstText(urls, ['graphQL']) ?? addressUnder(memberOf(answer, 'apps')),
    refreshUrl: firstText(urls, ['refreshToken']),
    invalidateUrl: firstText(urls, ['invalidateToken']) ?? firstText(answer, ['invalidateToken']),
  };
}

/** What a refusal says about itself, only to tell its kind; clients have met three places for it. */
export function parseErpRefusal(body: string): string {
  const answer = parseObject(body);
  if (!answer) return '';
  const error = toObject(firstOf(answer['errors']));
  const diagnosis = toObject(firstOf(answer['$diagnoses']));
  const texts = [answer['message'], error?.['message'], diagnosis?.['$message'], diagnosis?.['message']];
  return [...texts, answer['error'], answer['error_description']].filter((text) => typeof text === 'string').join(' ');
}

/** A date under any key that speaks of expiry: `refresh` in the name tells whose it is. */
function lifetimeByDate(answer: JsonObject, clock: number, whose: Whose): number | undefined {
  const instants = expiryValues(answer, whose).map(toInstant);
  const expiresAt = instants.find((instant) => instant !== undefined && instant > clock);
  return expiresAt === undefined ? undefined : expiresAt - clock;
}

/** `expires_in` and its like: seconds, as a number or as text. */
function lifetimeBySeconds(answer: JsonObject, whose: Whose): number | undefined {
  const seconds = expiryValues(answer, whose).map(toNumber);
  const found = seconds.find((value) => value !== undefined && value > 0 && value < 1e9);
  return found === undefined ? undefined : found * 1000;
}

type Whose = 'access' | 'refresh';

const expiryValues = (answer: JsonObject, whose: Whose): readonly unknown[] =>
  Object.entries(answer)
    .filter(([key]) => /expir/i.test(key) && /refresh/i.test(key) === (whose === 'refresh'))
    .map(([, value]) => value);

/** Epoch seconds, epoch ms or a written date; shorter numbers are not instants. */
function toInstant(value: unknown): number | undefined {
  const number = toNumber(value);
  if (number !== undefined) return number > 1e11 ? number : number > 1e9 ? number * 1000 : undefined;
  const instant = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(instant) ? undefined : instant;
}

function jwtLifetime(token: string | undefined, clock: number): number | undefined {
  const payload = token?.split('.')[1];
  if (!payload) return undefined;
  const claims = parseObject(Buffer.from(payload, 'base64url'));
  const expiresAt = toInstant(claims?.['exp']);
  return expiresAt !== undefined && expiresAt > clock ? expiresAt - clock : undefined;
}

/** Addresses that an answer carries beside the GraphQL one, under the same or a deeper key. */
const OTHER_ADDRESSES = /token|socket|async|logout/i;

/** The first web address under `apps`; its inner keys are not documented, so one that says GraphQL goes first. */
function addressUnder(apps: unknown): string | undefined {
  const found = [...addresses(apps)];
  return (found.find(({ key }) => /graphql/i.test(key)) ?? found[0])?.address;
}

function* addresses(value: unknown, key = '', depth = 0): Generator<{ key: string; address: string }> {
  if (depth > 5 || OTHER_ADDRESSES.test(key)) return;
  if (typeof value === 'string' && /^https?:\/\//i.test(value)) yield { key, address: value };
  if (typeof value !== 'object' || value === null) return;
  for (const [inner, part] of Object.entries(value)) yield* addresses(part, inner, depth + 1);
}

const firstText = (object: JsonObject, keys: readonly string[]): string | undefined =>
  keys.map((key) => memberOf(object, key)).find((value) => typeof value === 'string' && value !== '') as
    | string
    | undefined;

/** Whatever the case of its name; as written, if there is one. */
function memberOf(object: JsonObject, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const wanted = name.toLowerCase();
  return Object.entries(object).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : undefined);

function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
