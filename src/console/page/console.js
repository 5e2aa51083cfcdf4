import {
  askDisconnect,
  askGraph,
  askHealth,
  askSession,
  askSignIn,
  askSignOut,
  askTenantSignIn,
  askText,
  hasKey,
  useKey,
} from './ask.js';
import { showCaller } from './caller.js';
import { showClients, startClients } from './clients.js';
import { showCompanies, showConnections } from './connections.js';
import { base, button, byId, element, pressBySpace, say } from './element.js';
import { showFirstQuery, startFirstQuery } from './first-query.js';
import { showTenants } from './tenants.js';

const GATEWAY = `query Console { gateway {
  connections { name state consentedAt refreshExpiresAt lastError { code at } }
  missingConnections
  tenants { name state schemaDigest schemaAge lastError { code at message } collisions linksLeftOut notShown }
} }`;
const COMPANIES = `query ConsoleCompanies($names: [String!]) { gateway {
  connections(names: $names) { name companies { site company name siteName } }
} }`;

/** Only the latest round is shown: an earlier one may finish later, for a different caller. */
let round = 0;

async function show() {
  round += 1;
  const own = round;
  const isLate = () => own !== round;
  void showHealth();
  try {
    const session = await askSession();
    if (isLate()) return;
    showCaller(session, { onSignOut, onForgetKey });
    const { data, errors } = session ? await askGraph(GATEWAY) : {};
    if (isLate()) return;
    if (errors) say(errors[0].message, 'bad');
    const { connections = [], missingConnections = [], tenants = [] } = data?.gateway ?? {};
    const query = { companies: [], tenants, hasConnection: Boolean(session?.connection) };
    showTenants(session, tenants, { onConnectTenant: (name) => leadTo(askTenantSignIn(name)) });
    await showClients(session);
    if (isLate()) return;
    byId('query').hidden = !session;
    showFirstQuery(query);
    // Last, because it asks Sage 200 and must not delay the rest.
    const companies = createCompanies(session, isLate, (own) => showFirstQuery({ ...query, companies: own }));
    const onShown = (names) => companies.show(names);
    companies.onNews = (now) => showConnections(session, now, { onConnect, onDisconnect, onShown });
    showConnections(session, { connections, missingConnections }, { onConnect, onDisconnect, onShown });
  } catch (error) {
    if (isLate()) return;
    say(error.message, 'bad');
    if (error.code !== 'UNAUTHENTICATED' || !hasKey()) return;
    // A wrong key is useless.
    useKey('');
    await show();
  }
}

/**
 * Companies of the shown connections, each requested once.
 * @param onOwn called with those of the reader's own connection
 */
function createCompanies(session, isLate, onOwn) {
  const known = new Map();
  const ask = async (names) => {
    for (const name of names) known.set(name, undefined);
    const { data, errors = [] } = await askGraph(COMPANIES, { variables: { names } });
    if (isLate()) return;
    const list = data?.gateway?.connections ?? [];
    for (const [index, { name, companies }] of list.entries())
      known.set(name, { companies, error: errors.find(({ path }) => path?.[2] === index) ?? errors[0] });
    const own = list.find(({ name }) => name === session.connection?.name);
    if (own) onOwn(own.companies ?? []);
    // Sage 200's answer may have changed the state of a connection.
    const { data: now } = errors.length > 0 ? await askGraph(GATEWAY) : {};
    if (isLate()) return;
    if (now?.gateway) shown.onNews(now.gateway);
    else shown.show(names);
  };
  const shown = {
    onNews: () => {},
    show(names) {
      if (!session) return;
      for (const name of names) if (known.get(name)) showCompanies(name, known.get(name));
      const unknown = names.filter((name) => !known.has(name));
      if (unknown.length > 0) ask(unknown).catch((error) => isLate() || say(error.message, 'bad'));
    },
  };
  return shown;
}

async function showHealth() {
  const { ready, words } = await askHealth().then(
    ({ status, checks }) => ({
      ready: status === 'ready',
      words: status === 'ready' ? 'Ready' : ['Not ready', ...Object.entries(checks ?? {}).flat()].join(' · '),
    }),
    () => ({ ready: false, words: 'No answer' }),
  );
  byId('health').textContent = words;
  byId('health').className = `badge ${ready ? 'good' : 'bad'}`;
}

const onConnect = (name) => leadTo(askSignIn(name));

async function leadTo(asked) {
  try {
    location.assign(await asked);
  } catch (error) {
    say(error.message, 'bad');
  }
}

function onDisconnect(name) {
  byId('disconnect-name').textContent = name;
  byId('disconnect-yes').onclick = () => disconnect(name);
  byId('disconnect').showModal();
}

async function disconnect(name) {
  byId('disconnect').close();
  try {
    const { revoked } = await askDisconnect(name);
    say(
      revoked
        ? `${name} was disconnected, at Sage too.`
        : `${name} was disconnected here. Sage has not confirmed it yet.`,
    );
  } catch (error) {
    say(error.message, 'bad');
  }
  await show();
}

async function onSignOut() {
  try {
    await askSignOut();
    say('You are signed out. Your connection to Sage 200 continues.');
  } catch (error) {
    say(error.message, 'bad');
  }
  await show();
}

/** Downloads a link's target with the key, because a link itself sends no key. */
async function download(event) {
  if (!hasKey()) return;
  event.preventDefault();
  const { pathname } = new URL(event.currentTarget.href);
  const name = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    const address = URL.createObjectURL(new Blob([await askText(pathname)]));
    element('a', { href: address, download: name.includes('.') ? name : `${name}.txt` }).click();
    URL.revokeObjectURL(address);
    say(`${name} was downloaded, as your key may see it.`);
  } catch (error) {
    say(error.message, 'bad');
  }
}

async function onForgetKey() {
  useKey('');
  say('The key was forgotten.');
  await show();
}

function start() {
  byId('endpoint').textContent = `${location.origin}${base}/graphql`;
  byId('sign-in')?.addEventListener('keydown', pressBySpace);
  byId('key-form').addEventListener('submit', (event) => {
    event.preventDefault();
    useKey(byId('key').value);
    byId('key').value = '';
    say('');
    void show();
  });
  byId('new-connection').addEventListener('submit', (event) => {
    event.preventDefault();
    const name = byId('new-name').value.trim();
    if (hasKey()) void onConnect(name);
    else location.assign(`${base}/connect/sage200?${new URLSearchParams({ connection: name, returnTo: '/' })}`);
  });
  for (const link of document.querySelectorAll('nav a[data-credentials]')) link.addEventListener('click', download);
  byId('disconnect-no').addEventListener('click', () => byId('disconnect').close());
  startFirstQuery();
  startClients();
  if (location.hash === '#signed-in') {
    say('The sign-in was stored. Enter the key again to continue here.');
    history.replaceState(null, '', `${base}/`);
  }
  // After the browser's back button from Sage ID, the page may be outdated.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) void show();
  });
  byId('reload').append(button('Refresh', () => void show()));
  void show();
}

start();
