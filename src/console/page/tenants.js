import { hasKey } from './ask.js';
import { badge, base, button, byId, element, pressBySpace, text } from './element.js';
import { agoWords, momentOf, tenantState } from './words.js';

/** The ERP tenants that the reader may ask. Where one waits for a sign-in, administrators are led to it. */
export function showTenants(session, tenants, { onConnectTenant }) {
  const none = session ? 'No ERP tenant is open to you.' : 'Shown when you are signed in.';
  byId('tenants').replaceChildren(
    ...(tenants.length > 0
      ? tenants.map((tenant) => card(tenant, session?.admin && onConnectTenant))
      : [text('p', none, 'soft')]),
  );
}

function card({ name, state, schemaDigest, schemaAge, lastError, collisions, linksLeftOut, notShown }, onConnect) {
  const about = tenantState(state);
  return element(
    'article',
    {},
    element('header', {}, text('h3', name), badge(about)),
    text('p', about.words),
    schemaDigest &&
      element(
        'p',
        { class: 'soft' },
        'Schema ',
        element('code', { title: schemaDigest }, schemaDigest.slice(0, 12)),
        `, confirmed ${agoWords(schemaAge ?? 0)}.`,
      ),
    lastError && text('p', `Last failure: ${lastError.code}, ${momentOf(lastError.at)}.`, 'soft'),
    onConnect && lastError?.code === 'NEEDS_CONSENT' && element('p', { class: 'actions' }, signIn(name, onConnect)),
    collisions.length > 0 &&
      text('p', `Left out here, since the tenant has the name itself: ${collisions.join(', ')}.`),
    linksLeftOut.length > 0 && text('p', `Links left out here: ${linksLeftOut.join('; ')}.`),
    notShown.length > 0 && text('p', `Not shown by introspection, and there all the same: ${notShown.join(', ')}.`),
  );
}

function signIn(tenant, onConnect) {
  const words = `Sign in for ${tenant}`;
  if (hasKey()) return button(words, () => onConnect(tenant), 'button main');
  const href = `${base}/connect/erp/${tenant}?returnTo=/`;
  return element('a', { href, class: 'button main', role: 'button', onkeydown: pressBySpace }, words);
}
