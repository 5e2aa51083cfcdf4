/**
 * Asks /graphql for everything below the field `gateway` and shows it as tables. What there is below it, it reads
 * from the schema, so that it shows neither less nor anything else than the gateway tells this caller.
 * Texts go into the page as text, never as HTML.
 */
export const CONSOLE_SCRIPT = `
'use strict';
const byId = (id) => document.getElementById(id);
const DEEPEST = 4;
let key = '';

byId('endpoint').textContent = location.origin + '/graphql';
byId('credentials').addEventListener('submit', (event) => {
  event.preventDefault();
  key = byId('key').value.trim();
  void show();
});

async function show() {
  say('Asking…');
  byId('answer').replaceChildren();
  try {
    const fields = await fieldsOf('Query');
    const gateway = fields.find((field) => field.name === 'gateway');
    if (!gateway) return say('This schema has no field "gateway".');
    const selection = await selectionOf(gateway, 0);
    const { data, errors } = await ask('query Console { ' + selection + ' }');
    for (const error of errors ?? []) note(error);
    const tables = data?.gateway ? sections('gateway', data.gateway) : [];
    byId('answer').replaceChildren(...tables);
    if (!errors) say('As of ' + new Date().toLocaleTimeString() + '.');
  } catch (error) {
    note(error);
  }
}

async function ask(query, variables) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: 'Bearer ' + key }) },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  if (!answer.data && answer.errors) throw answer.errors[0];
  return answer;
}

async function fieldsOf(typeName) {
  const { data } = await ask(
    'query Fields($name: String!) { __type(name: $name) { fields { name args { defaultValue type { kind } } ' +
      'type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } }',
    { name: typeName },
  );
  return data.__type?.fields ?? [];
}

async function selectionOf(field, depth) {
  if (field.args.some((arg) => arg.type.kind === 'NON_NULL' && arg.defaultValue === null)) return '';
  let type = field.type;
  while (type.ofType) type = type.ofType;
  if (type.kind === 'SCALAR' || type.kind === 'ENUM') return field.name;
  if (type.kind !== 'OBJECT' || depth === DEEPEST) return '';
  const below = await Promise.all((await fieldsOf(type.name)).map((each) => selectionOf(each, depth + 1)));
  const selected = below.filter(Boolean).join(' ');
  return selected && field.name + ' { ' + selected + ' }';
}

function sections(name, value) {
  const rows = Array.isArray(value) ? value : [value];
  const objects = rows.filter((row) => row !== null && typeof row === 'object');
  if (objects.length === 0) return [heading(name), paragraph(rows.length === 0 ? 'none' : rows.map(text).join(', '))];
  const isTable = Array.isArray(value);
  const plain = Object.keys(objects[0]).filter((member) => isTable || !isBranch(objects[0][member]));
  const branches = isTable ? [] : Object.keys(objects[0]).filter((member) => isBranch(objects[0][member]));
  const own = plain.length > 0 ? [heading(name), isTable ? table(plain, objects) : list(plain, objects[0])] : [];
  return [...own, ...branches.flatMap((member) => sections(member, objects[0][member]))];
}

function isBranch(value) {
  return value !== null && typeof value === 'object' && !(Array.isArray(value) && value.every((each) => typeof each !== 'object'));
}

function table(columns, rows) {
  const head = element('tr', ...columns.map((column) => element('th', words(column))));
  return element('table', head, ...rows.map((row) => element('tr', ...columns.map((column) => element('td', text(row[column]))))));
}

function list(members, row) {
  return element('table', ...members.map((member) => element('tr', element('th', words(member)), element('td', text(row[member])))));
}

function text(value) {
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) return value.map(text).join(', ') || '–';
  if (typeof value === 'object') return Object.entries(value).map(([name, each]) => words(name) + ': ' + text(each)).join(', ');
  return String(value);
}

function words(name) {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}

function element(tag, ...children) {
  const node = document.createElement(tag);
  node.append(...children);
  return node;
}

const heading = (name) => element('h3', words(name));
const paragraph = (words) => element('p', words);
const say = (words) => { byId('status').textContent = words; };

function note(error) {
  say(error?.message ?? 'The gateway did not answer.');
  const isAsking = error?.extensions?.code === 'UNAUTHENTICATED';
  if (isAsking) byId('credentials').hidden = false;
}

void show();
`;
