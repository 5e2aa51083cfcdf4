import { askGraph } from './ask.js';
import { byId, element, text } from './element.js';
import { adviceFor } from './words.js';

const CUSTOMERS = `  sage200 {
    customers(first: 3, filter: { balance: { gt: "0" } }, orderBy: [{ balance: DESC }]) {
      nodes { reference name balance currency { symbol } }
    }
  }`;
const ERP_CUSTOMERS = `  xtremMasterData {
    customer { query(first: 3) { totalCount edges { node { id name } } } }
  }`;
const WHO = `  gateway {
    me { id kind readOnly admin tenants }
    connections { name state refreshExpiresAt companies { site company name } }
  }`;

const toDocument = (...fields) => `{\n${fields.join('\n')}\n}`;

/** Examples that the reader may run; the first is shown. */
const examplesFor = (hasCompanies, hasTenants) => [
  ...(hasCompanies ? [['Customers who owe the most', toDocument(CUSTOMERS)]] : []),
  ...(hasTenants ? [['Customers in the ERP', toDocument(ERP_CUSTOMERS)]] : []),
  ...(hasCompanies && hasTenants ? [['Both in one answer', toDocument(CUSTOMERS, ERP_CUSTOMERS)]] : []),
  ['What the gateway knows about me', toDocument(WHO)],
];

let isOwnText = false;
let chosenExample;

/** Prepares the form for the current caller. Text that somebody has written stays. */
export function showFirstQuery({ companies, tenants, hasConnection }) {
  const examples = examplesFor(hasConnection, tenants.length > 0);
  fill(byId('example'), examples, chosenExample);
  if (!isOwnText) byId('document').value = byId('example').value;
  const pairs = companies.map(({ site, company, name, siteName }) => [
    `${name} (${siteName})`,
    JSON.stringify({ site, company }),
  ]);
  fill(byId('company'), [['Default', ''], ...pairs], byId('company').selectedOptions[0]?.textContent);
  byId('company-field').hidden = companies.length === 0;
  fill(
    byId('tenant'),
    tenants.map(({ name }) => [name, name]),
    byId('tenant').value,
  );
  byId('tenant-field').hidden = tenants.length < 2;
}

function fill(select, entries, chosen) {
  const options = entries.map(([label, value]) => element('option', { value, selected: label === chosen }, label));
  select.replaceChildren(...options);
}

export function startFirstQuery() {
  byId('document').addEventListener('input', () => {
    isOwnText = true;
  });
  byId('example').addEventListener('change', () => {
    isOwnText = false;
    chosenExample = byId('example').selectedOptions[0].textContent;
    byId('document').value = byId('example').value;
  });
  byId('query-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void run();
  });
}

async function run() {
  const chosen = byId('company').value ? JSON.parse(byId('company').value) : {};
  const begun = performance.now();
  byId('run').disabled = true;
  byId('summary').replaceChildren('Running…');
  try {
    const answer = await askGraph(byId('document').value, { ...chosen, tenant: byId('tenant').value });
    showAnswer(answer, Math.round(performance.now() - begun));
  } catch {
    showAnswer({ errors: [{ message: 'The gateway did not answer.' }] }, Math.round(performance.now() - begun));
  }
  byId('run').disabled = false;
}

function showAnswer({ data, errors = [] }, ms) {
  const how = errors.length === 0 ? 'without errors' : data ? 'with missing parts' : 'with no data';
  const faults = errors.map(({ message, extensions }) =>
    element(
      'li',
      {},
      text('b', extensions?.code ?? 'Error'),
      ` ${message} `,
      text('span', adviceFor(extensions?.code), 'soft'),
    ),
  );
  byId('summary').replaceChildren(
    `Answered in ${ms} ms, ${how}.`,
    ...(faults.length > 0 ? [element('ul', { class: 'faults' }, ...faults)] : []),
  );
  byId('answer').hidden = !data;
  byId('answer').textContent = data ? JSON.stringify(data, null, 2) : '';
}
