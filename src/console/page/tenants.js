import { badge, byId, element, text } from './element.js';
import { agoWords, momentOf, tenantState } from './words.js';

/** The ERP tenants that the reader may ask. */
export function showTenants(session, tenants) {
  const none = session ? 'No ERP tenant is open to you.' : 'Shown when you are signed in.';
  byId('tenants').replaceChildren(...(tenants.length > 0 ? tenants.map(card) : [text('p', none, 'soft')]));
}

function card({ name, state, schemaDigest, schemaAge, lastError, collisions, linksLeftOut, notShown }) {
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
    collisions.length > 0 &&
      text('p', `Left out here, since the tenant has the name itself: ${collisions.join(', ')}.`),
    linksLeftOut.length > 0 && text('p', `Links left out here: ${linksLeftOut.join('; ')}.`),
    notShown.length > 0 && text('p', `Not shown by introspection, and there all the same: ${notShown.join(', ')}.`),
  );
}
