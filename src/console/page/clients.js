import { askGraph } from './ask.js';
import { badge, button, byId, element, say, text } from './element.js';
import { clientState } from './words.js';

/** Most clients on the page at a time: people search for others. */
const SHOWN = 20;

const CLIENTS = `query ConsoleClients($name: String) { gateway { clients(first: ${SHOWN}, name: $name) {
  totalCount nodes { name title state tenant { name } keys { name readOnly } }
} } }`;
const MAKE_KEY = `mutation ConsoleMakeKey($client: String!, $name: String!, $readOnly: Boolean!) { gateway {
  createKey(client: $client, name: $name, readOnly: $readOnly) { key userErrors { message } }
} }`;
const MAKE_LINK = `mutation ConsoleMakeLink($client: String!) { gateway {
  createConnectLink(input: { client: $client }) { url userErrors { message } }
} }`;
const REMOVE = `mutation ConsoleRemoveClient($client: String!) { gateway {
  removeClient(name: $client) { userErrors { message } }
} }`;

/** Only the latest search is shown. */
let round = 0;
let reader;

/** The clients that were added while the gateway runs, for administrators. */
export async function showClients(session) {
  reader = session;
  byId('clients-section').hidden = !session?.admin;
  if (session?.admin) await search();
}

async function search() {
  round += 1;
  const own = round;
  const name = byId('find-client').value.trim();
  const { data, errors } = await askGraph(CLIENTS, { variables: { name } });
  if (own !== round) return;
  if (errors) return say(errors[0].message, 'bad');
  const { nodes, totalCount } = data.gateway.clients;
  const more = totalCount > nodes.length && text('p', `${totalCount - nodes.length} more: search for them.`, 'soft');
  const words = name === '' ? 'No clients yet. Add one with ' : 'No such client. Add one with ';
  const none = element('p', { class: 'soft' }, words, text('code', 'mutation { gateway { putClient } }'), '.');
  byId('clients').replaceChildren(...(nodes.length > 0 ? nodes.map(card) : [none]), more || '');
}

function card({ name, title, state, tenant, keys }) {
  const about = clientState(state);
  const words = keys.map((key) => `${key.name}${key.readOnly ? '' : ' (may write)'}`).join(', ');
  return element(
    'article',
    { 'data-client': name },
    element('header', {}, text('h3', title ?? name), badge(about)),
    title !== null && text('p', name, 'soft code'),
    text('p', about.words),
    text('p', `${tenant ? 'With an ERP tenant' : 'Without an ERP tenant'}. Keys: ${words || 'none'}.`, 'soft'),
    !reader.readOnly &&
      element(
        'p',
        { class: 'actions' },
        button('New key', () => askForKey(name)),
        button('New link', () => makeLink(name)),
        button('Remove', () => askToRemove(name)),
      ),
  );
}

function askForKey(client) {
  byId('key-name').value = '';
  byId('key-writes').checked = false;
  byId('make-key-client').textContent = client;
  byId('make-key-form').onsubmit = (event) => {
    event.preventDefault();
    byId('make-key').close();
    void makeKey({ client, name: byId('key-name').value.trim(), readOnly: !byId('key-writes').checked });
  };
  byId('make-key').showModal();
}

const makeKey = (variables) =>
  make(MAKE_KEY, variables, ({ key }) => ({
    made: key,
    words: `The new key of ${variables.client}. It is shown only now. Its program sends it as "Authorization: Bearer <key>".`,
  }));

const makeLink = (client) =>
  make(MAKE_LINK, { client }, ({ url }) => ({
    made: url,
    words: `Anyone who opens this link signs in to Sage 200 for ${client}. It works once, for seven days, and is shown only now.`,
  }));

async function make(query, variables, read) {
  const answer = await act(query, variables);
  if (!answer) return;
  const { made, words } = read(answer);
  byId('made-words').textContent = words;
  byId('made-text').textContent = made;
  byId('made').showModal();
  await search();
}

function askToRemove(client) {
  byId('remove-client-name').textContent = client;
  byId('remove-client-yes').onclick = () => {
    byId('remove-client').close();
    void remove(client);
  };
  byId('remove-client').showModal();
}

async function remove(client) {
  if (!(await act(REMOVE, { client }))) return;
  say(`${client} was removed.`);
  await search();
}

/** The result of a mutation with one field; undefined if the gateway refused it, which the page reports. */
async function act(query, variables) {
  const { data, errors } = await askGraph(query, { variables });
  if (errors) return say(errors[0].message, 'bad');
  const [answer] = Object.values(data.gateway);
  return answer.userErrors.length > 0 ? say(answer.userErrors[0].message, 'bad') : answer;
}

export function startClients() {
  byId('find-client').addEventListener('input', () => void search());
  byId('remove-client-no').addEventListener('click', () => byId('remove-client').close());
  byId('make-key-no').addEventListener('click', () => byId('make-key').close());
  byId('made-close').addEventListener('click', () => {
    byId('made-text').textContent = '';
    byId('made').close();
  });
}
