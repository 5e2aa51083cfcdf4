import { hasKey } from './ask.js';
import { badge, base, button, element, pressBySpace, text } from './element.js';
import { showList } from './long-list.js';
import { agoWords, momentOf, tenantState } from './words.js';

/** Shows the ERP tenants that the reader may use. If one needs a sign-in, administrators get a link to it. */
export function showTenants(session, tenants, { onConnectTenant }) {
  const none = session ? 'You may not use any ERP tenant.' : 'Shown when you are signed in.';
  showList('tenants', tenants, { card: (tenant) => card(tenant, session?.admin && onConnectTenant), none });
}

function card({ name, state, schemaDigest, schemaAge, lastError, collisions, linksLeftOut, notShown }, onConnect) {
  const about = tenantState(state, lastError);
  return element(
    'article',
    { 'data-tenant': name },
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
    collisions.length > 0 && text('p', `Left out, because the tenant uses the same name: ${collisions.join(', ')}.`),
    linksLeftOut.length > 0 && text('p', `Links left out: ${linksLeftOut.join('; ')}.`),
    notShown.length > 0 && text('p', `Not shown by introspection, but available: ${notShown.join(', ')}.`),
  );
}

function signIn(tenant, onConnect) {
  const words = `Sign in for ${tenant}`;
  if (hasKey()) return button(words, () => onConnect(tenant), 'button main');
  const href = `${base}/connect/erp/${tenant}?returnTo=/`;
  return element('a', { href, class: 'button main', role: 'button', onkeydown: pressBySpace }, words);
}
