import {
  askDisconnect,
  askGraph,
  askHealth,
  askSession,
  askSignIn,
  askSignOut,
  askTenantSignIn,
  hasKey,
  useKey,
} from './ask.js';
import { showCaller } from './caller.js';
import { showClients, startClients } from './clients.js';
import { showCompanies, showConnections } from './connections.js';
import { base, button, byId, pressBySpace, say } from './element.js';
import { showFirstQuery, startFirstQuery } from './first-query.js';
import { showTenants } from './tenants.js';

const GATEWAY = `query Console { gateway {
  connections { name state consentedAt refreshExpiresAt lastError { code at } }
  tenants { name state schemaDigest schemaAge lastError { code at } collisions linksLeftOut notShown }
} }`;
const COMPANIES =
  'query ConsoleCompanies { gateway { connections { name companies { site company name siteName } } } }';

/** Connections whose companies are asked for: of more, nobody looks at them one by one. */
const MOST_ASKED = 50;

/** Only the latest round is shown: an earlier one may come back later, for somebody else. */
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
    const { connections = [], tenants = [] } = data?.gateway ?? {};
    showConnections(session, connections, { onConnect, onDisconnect });
    showTenants(session, tenants, { onConnectTenant: (name) => leadTo(askTenantSignIn(name)) });
    await showClients(session);
    if (isLate()) return;
    byId('query').hidden = !session;
    const query = { companies: [], tenants, hasConnection: Boolean(session?.connection) };
    showFirstQuery(query);
    if (connections.length === 0 || connections.length > MOST_ASKED) return;
    // Sage 200 is asked here, so it comes last and holds up nothing.
    const opened = await askGraph(COMPANIES);
    if (isLate()) return;
    // What it answers may have changed what is known of a connection.
    const isNews = opened.errors?.length > 0;
    const { data: now } = isNews ? await askGraph(GATEWAY) : {};
    if (isLate()) return;
    if (now?.gateway) showConnections(session, now.gateway.connections, { onConnect, onDisconnect });
    showFirstQuery({ ...query, companies: fillCompanies(opened, session) });
  } catch (error) {
    if (isLate()) return;
    say(error.message, 'bad');
    if (error.code !== 'UNAUTHENTICATED' || !hasKey()) return;
    // A wrong key is good for nothing.
    useKey('');
    await show();
  }
}

/** @returns those of the reader's own connection */
function fillCompanies({ data, errors = [] }, session) {
  const list = data?.gateway?.connections ?? [];
  for (const [index, { name, companies }] of list.entries())
    showCompanies(name, { companies, error: errors.find(({ path }) => path?.[2] === index) ?? errors[0] });
  return list.find(({ name }) => name === session.connection?.name)?.companies ?? [];
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
    say(revoked ? `${name} is disconnected, at Sage too.` : `${name} is disconnected here. Sage did not confirm yet.`);
  } catch (error) {
    say(error.message, 'bad');
  }
  await show();
}

async function onSignOut() {
  try {
    await askSignOut();
    say('You are signed out. Your connection to Sage 200 goes on.');
  } catch (error) {
    say(error.message, 'bad');
  }
  await show();
}

async function onForgetKey() {
  useKey('');
  say('The key is forgotten.');
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
  byId('disconnect-no').addEventListener('click', () => byId('disconnect').close());
  startFirstQuery();
  startClients();
  if (location.hash === '#signed-in') {
    say('The sign-in is stored. Type the key again to go on here.');
    history.replaceState(null, '', `${base}/`);
  }
  // Back from Sage ID by the browser's own button: what is shown may be of before.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) void show();
  });
  byId('reload').append(button('Look again', () => void show()));
  void show();
}

start();
