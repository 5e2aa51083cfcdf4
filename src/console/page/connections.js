import { hasKey } from './ask.js';
import { badge, button, byId, element, signInLink, text } from './element.js';
import { showList } from './long-list.js';
import { holdingWords, momentOf, NOBODY_YET, signInState } from './words.js';

const isPersonal = (name) => name.startsWith('person-');

/**
 * Shows each sign-in to Sage 200: its state, what to do, its end and its companies; and each connection of callers without
 * a sign-in.
 * @param gateway `connections` and `missingConnections`, as `gateway` returns them
 */
export function showConnections(session, { connections, missingConnections }, { onConnect, onDisconnect, onShown }) {
  const ownName = session?.connection?.name;
  const isStored = connections.some(({ name }) => name === ownName);
  const missing = new Set(isStored || ownName === undefined ? missingConnections : [ownName, ...missingConnections]);
  const all = [...[...missing].map((name) => ({ name, missing: true })), ...connections];
  // The reader's own first, then those that need action.
  const rank = (each) => (each.name === ownName ? 0 : worksAt(each) ? 2 : 1);
  all.sort((one, other) => rank(one) - rank(other));
  const reader = { session, ownName, onConnect, onDisconnect };
  const none = session ? 'Nobody has signed in to Sage 200 yet.' : 'Shown when you are signed in.';
  showList('connections', all, { card: (connection) => card(connection, reader), none, onShown });
  byId('new-connection').hidden = !session?.admin;
}

function card(connection, reader) {
  const { name, state, refreshExpiresAt, lastError, missing } = connection;
  const isOwn = name === reader.ownName;
  const about = missing ? NOBODY_YET : signInState(state);
  const holding = worksAt(connection) && holdingWords(refreshExpiresAt);
  return element(
    'article',
    { 'data-connection': name },
    element(
      'header',
      {},
      text('h3', titleOf(name, isOwn)),
      badge(about),
      isOwn && text('span', 'used by you', 'badge plain'),
    ),
    isPersonal(name) && text('p', name, 'soft code'),
    text('p', about.words, 'about'),
    lastError && text('p', `Last failure: ${lastError.code}, ${momentOf(lastError.at)}.`, 'soft'),
    holding &&
      element(
        'p',
        { class: holding.isSoon ? 'warning' : 'soft' },
        element('time', { datetime: refreshExpiresAt }, holding.words),
        holding.isSoon ? '. Sign in again before that, and nothing is interrupted.' : '.',
      ),
    !missing &&
      element('div', { class: 'companies' }, worksAt(connection) && text('p', 'Reading its companies…', 'soft')),
    element('p', { class: 'actions' }, ...actions(connection, isOwn, reader)),
  );
}

const worksAt = ({ state }) => state === 'CONNECTED' || state === 'RENEWING';

const titleOf = (name, isOwn) => (!isPersonal(name) ? name : isOwn ? 'Your Sage account' : 'A person’s Sage account');

/** The same rules as the called routes, so that the page offers nothing that would be refused. */
function actions({ name, state, missing }, isOwn, { session, onConnect, onDisconnect }) {
  const isOwnPerson = isOwn && session.kind === 'session';
  const mayConnect = isPersonal(name) ? isOwnPerson : session.admin || isOwnPerson;
  const mayDisconnect = !missing && (session.admin || (isOwnPerson && isPersonal(name)));
  const words = missing ? 'Connect' : 'Sign in again';
  const className = missing || state === 'NEEDS_CONSENT' ? 'button main' : 'button';
  return [
    mayConnect &&
      (hasKey()
        ? button(words, () => onConnect(name), className)
        : signInLink(words, isPersonal(name) ? undefined : name, className)),
    mayDisconnect && button('Disconnect', () => onDisconnect(name)),
  ];
}

/** Filled in when Sage 200 has answered, separately for each connection. */
export function showCompanies(name, { companies, error }) {
  const card = document.querySelector(`[data-connection="${CSS.escape(name)}"]`);
  card?.querySelector('.companies')?.replaceChildren(...(companies ? companyList(companies) : [failure(error)]));
}

function companyList(companies) {
  if (companies.length === 0) return [text('p', 'This sign-in has no company that you may use.', 'warning')];
  const items = companies.map(({ name, siteName, company }) =>
    element('li', {}, name, text('span', ` ${siteName}, company ${company}`, 'soft')),
  );
  return [text('h4', companies.length === 1 ? 'Its company' : 'Its companies'), element('ul', {}, ...items)];
}

/** The same text as in `gateway check`. */
const failure = (error) =>
  text('p', error?.message ?? 'Its companies cannot be read, for an unknown reason.', 'warning');
