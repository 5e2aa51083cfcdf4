import { hasKey } from './ask.js';
import { badge, button, byId, element, signInLink, text } from './element.js';
import { holdingWords, momentOf, NOBODY_YET, signInState } from './words.js';

const isPersonal = (name) => name.startsWith('person-');

/**
 * Each sign-in to Sage 200: how it does, what to do, how long it holds, what it opens.
 * @param connections as `gateway { connections }` gives them
 */
export function showConnections(session, connections, { onConnect, onDisconnect }) {
  const ownName = session?.connection?.name;
  const isStored = connections.some(({ name }) => name === ownName);
  const all = isStored || ownName === undefined ? connections : [{ name: ownName, missing: true }, ...connections];
  const reader = { session, ownName, onConnect, onDisconnect };
  const cards = all.map((connection) => card(connection, reader));
  const none = text('p', session ? 'Nobody has signed in to Sage 200 yet.' : 'Shown when you are signed in.', 'soft');
  byId('connections').replaceChildren(...(cards.length > 0 ? cards : [none]));
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
    text('p', about.words),
    lastError && text('p', `Last failure: ${lastError.code}, ${momentOf(lastError.at)}.`, 'soft'),
    holding &&
      element(
        'p',
        { class: holding.isSoon ? 'warning' : 'soft' },
        element('time', { datetime: refreshExpiresAt }, holding.words),
        holding.isSoon ? '. Sign in again before, and nobody notices.' : '.',
      ),
    worksAt(connection) && element('div', { class: 'companies' }, text('p', 'Reading its companies…', 'soft')),
    element('p', { class: 'actions' }, ...actions(connection, isOwn, reader)),
  );
}

/** Where it does not work, its state says all there is to say. */
const worksAt = ({ state }) => state === 'CONNECTED' || state === 'RENEWING';

const titleOf = (name, isOwn) => (!isPersonal(name) ? name : isOwn ? 'Your Sage account' : 'A person’s Sage account');

/** The same rules as the routes that are called: nobody is offered what would be refused. */
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

/** Filled in when Sage 200 has answered; each connection by itself. */
export function showCompanies(name, { companies, error }) {
  const place = document.querySelector(`[data-connection="${CSS.escape(name)}"] .companies`);
  place?.replaceChildren(...(companies ? companyList(companies) : [failure(error)]));
}

function companyList(companies) {
  if (companies.length === 0) return [text('p', 'This sign-in opens no company that you may use.', 'warning')];
  const items = companies.map(({ name, siteName, company }) =>
    element('li', {}, name, text('span', ` ${siteName}, company ${company}`, 'soft')),
  );
  return [text('h4', companies.length === 1 ? 'Its company' : 'Its companies'), element('ul', {}, ...items)];
}

const failure = (error) =>
  text('p', `Its companies cannot be read. ${error?.message ?? 'The gateway did not say why.'}`, 'warning');
