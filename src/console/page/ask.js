/** All requests of this page to the gateway. A typed key is kept only here, and is gone with the page. */
import { base } from './element.js';

let key = '';

export const hasKey = () => key !== '';
export const useKey = (given) => {
  key = given.trim();
};

const credentials = () => (key === '' ? {} : { authorization: `Bearer ${key}` });

/** @throws the gateway's error: `message`, `code` */
async function askRoute(path, options = {}) {
  const response = await fetch(`${base}${path}`, {
    ...options,
    headers: { accept: 'application/json', ...credentials(), ...options.headers },
  });
  const body = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  if (response.ok) return body;
  const [error] = body?.errors ?? [];
  throw Object.assign(new Error(error?.message ?? 'The gateway did not answer.'), { code: error?.extensions?.code });
}

/** The current caller; undefined if unknown. */
export async function askSession() {
  // The first answer removes an ended session; the second one names the caller without it.
  for (const isLast of [hasKey(), true]) {
    try {
      return await askRoute('/session');
    } catch (error) {
      if (error.code !== 'UNAUTHENTICATED') throw error;
      if (hasKey()) throw error;
      if (isLast) return undefined;
    }
  }
}

/** @param chosen `{ site, company, tenant, variables }`, each if chosen */
export async function askGraph(query, { site, company, tenant, variables } = {}) {
  const response = await fetch(`${base}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...credentials(),
      ...(site && { 'x-site': site, 'x-company': company }),
      ...(tenant && { 'x-tenant': tenant }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

/** The target of a link, for a reader with a key, which a link cannot send. @throws the gateway's error */
export async function askText(path) {
  const response = await fetch(path, { headers: credentials() });
  const body = await response.text();
  if (response.ok) return body;
  throw new Error(JSON.parse(body).errors[0].message);
}

export async function askHealth() {
  const response = await fetch(`${base}/readyz`);
  return response.json();
}

/** Where to sign in for a connection, for a reader with a key, which a link cannot send. */
export async function askSignIn(connection) {
  // After the return, the key is gone; the page says so.
  const query = new URLSearchParams({ connection, returnTo: '/#signed-in' });
  const { location } = await askRoute(`/connect/sage200?${query}`);
  return location;
}

/** The same for an ERP tenant, for which an administrator signs in. */
export async function askTenantSignIn(tenant) {
  const { location } = await askRoute(`/connect/erp/${tenant}?${new URLSearchParams({ returnTo: '/#signed-in' })}`);
  return location;
}

export const askDisconnect = (connection) =>
  askRoute('/connect/sage200/disconnect', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ connection }),
  });

export const askSignOut = () => askRoute('/session', { method: 'DELETE' });
