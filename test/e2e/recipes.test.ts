import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LoggedRequest, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of their documents
type Data = any;

interface Recipe {
  readonly title: string;
  readonly document: string;
  readonly variables: Data;
  readonly answer: Data;
}

/** The recipes as readers see them: a heading, a document, variables where it takes some, and the answer. */
const recipes = readRecipes(await readFile(new URL('../../docs/sage200.md', import.meta.url), 'utf8'));

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  // As large as the one that `npm start` brings along, so that readers find the same rows.
  sandbox = await startSandbox();
  gateway = await startTestGateway({ sandbox });
  await warmUp(gateway);
});

beforeEach(() => sandbox.sage200.clearRequests());

afterAll(async () => {
  await gateway?.close();
  await sandbox?.close();
});

async function ask(document: string, variables: Data): Promise<Data> {
  const { data, errors } = await gateway.query(document, { variables: variables ?? {} });
  expect(errors).toBeUndefined();
  return data.sage200;
}

const asked = (): string[] => sandbox.sage200.requests().map(toCall);
const toCall = ({ method, path }: LoggedRequest) =>
  `${method === 'GET' ? '' : `${method} `}${path.replace(/^.*\/v1\//, '').replace(/\?.*$/, '')}`;

/** What each recipe promises beyond its shape; `sage200` is the data of its answer. */
const PROMISES: Readonly<Record<string, (sage200: Data, recipe: Recipe) => void | Promise<void>>> = {
  'Aged debtors': ({ salesAgedDebtorSummaryViews: { nodes } }) => {
    const past = nodes.map(({ basePast }: Data) => Number(basePast));
    expect(past).toEqual([...past].sort((a, b) => b - a));
    expect(asked()).toEqual(['sales_aged_debtor_summary_views', 'customers']);
  },
  'A customer with the last five transactions': ({ customers: { nodes } }) => {
    const dates = nodes[0].salesPostedTransactions.nodes.map(({ transactionDate }: Data) => transactionDate);
    expect(nodes).toHaveLength(1);
    expect(dates).toEqual([...dates].sort().reverse());
    expect(asked()).toEqual(['customers', 'sales_posted_transactions']);
  },
  'Stock by warehouse': ({ products: { nodes } }, { variables }) => {
    expect(new Set(nodes.map(({ code }: Data) => code))).toEqual(new Set(variables.codes));
    expect(asked()).toEqual(['products', 'warehouses']);
  },
  'What has changed': ({ customers, sopOrders }, { variables }) => {
    for (const { totalCount, nodes } of [customers, sopOrders]) {
      expect(totalCount).toBeGreaterThanOrEqual(nodes.length);
      for (const { dateTimeUpdated } of nodes)
        expect(Date.parse(dateTimeUpdated)).toBeGreaterThan(Date.parse(variables.since));
    }
  },
  'All open orders, page by page': async ({ sopOrders }, { document }) => {
    const seen: string[] = [];
    for (let page = sopOrders, pages = 0; pages < 50; pages++) {
      seen.push(...page.nodes.map(({ documentNo }: Data) => documentNo));
      if (!page.pageInfo.hasNextPage) break;
      page = (await ask(document, { after: page.pageInfo.endCursor })).sopOrders;
    }
    const { sopOrders: all } = await ask(document.replace('first: 3', 'first: 5000'), {});
    expect(all.nodes.length).toBeGreaterThan(3);
    expect(seen).toEqual(all.nodes.map(({ documentNo }: Data) => documentNo));
  },
  'A price for a customer': ({ customerPriceEnquiry: price }) => {
    expect(Number(price.totalDiscountedPrice)).toBeCloseTo(Number(price.quantity) * Number(price.discountedUnitPrice));
  },
  'A supplier with open orders': ({ suppliers: { nodes } }) => {
    expect(nodes).toHaveLength(1);
    expect(asked()).toEqual(['suppliers', 'pop_orders']);
  },
  'An order with its lines in one call': async ({ createSopOrder }, { document, variables }) => {
    const sum = createSopOrder.sopOrder.lines.reduce((all: number, line: Data) => all + Number(line.lineTotalValue), 0);
    expect(sum).toBeCloseTo(Number(createSopOrder.sopOrder.totalNetValue));
    const again = await ask(document, variables);
    expect(again.createSopOrder).toEqual(createSopOrder);
    expect(asked().filter((call) => call === 'POST sop_orders')).toHaveLength(1);
  },
  'Change the lines of an order': async ({ updateSopOrder }, { document, variables }) => {
    const { lines } = updateSopOrder.sopOrder;
    expect(lines[0].lineQuantity).toBe(variables.lines[0].lineQuantity);
    expect(lines.at(-1).code).toBe(variables.lines[2].code);
    expect(asked().slice(0, 2)).toEqual(['sop_orders/61001', 'PUT sop_orders/61001']);
    // The lock was given back: anyone who is next gets it.
    const next = await ask(document, { id: variables.id, lines: [] });
    expect(next.updateSopOrder.userErrors).toEqual([]);
  },
  'Put an order on hold and take it off again': async (_, { variables }) => {
    expect(sandbox.sage200.requests().map(({ body }) => (body as Data).status)).toEqual([
      'EnumDocumentStatusOnHold',
      'EnumDocumentStatusLive',
    ]);
    const { sopOrder } = await ask('query ($id: ID!) { sage200 { sopOrder(id: $id) { documentStatus } } }', variables);
    expect(sopOrder.documentStatus).toBe('EnumDocumentStatusLive');
  },
  'Post an invoice and find it again': ({ createSalesInvoice }, { variables }) => {
    const [found] = createSalesInvoice.salesPostedTransactions.nodes;
    expect(createSalesInvoice.urn).toMatch(/^\d+$/);
    expect(found.reference).toBe(variables.input.reference);
    expect(asked()).toEqual(['POST sales_invoices', 'sales_posted_transactions']);
  },
  'Change many departments at once': async ({ updateDepartments }) => {
    expect(asked()).toEqual(['PUT departments']);
    const { departments } = await ask('{ sage200 { departments { nodes { code name } } } }', {});
    for (const department of updateDepartments.departments) expect(departments.nodes).toContainEqual(department);
    expect(departments.nodes).toHaveLength(4);
  },
};

describe('the recipes of docs/sage200.md', () => {
  test('are ten or more, and each has a check', () => {
    expect(recipes.length).toBeGreaterThanOrEqual(10);
    expect(recipes.map(({ title }) => title)).toEqual(Object.keys(PROMISES));
  });

  test.each(recipes)('$title', async (recipe) => {
    const sage200 = await ask(recipe.document, recipe.variables);

    expect(shapeOf(sage200)).toEqual(shapeOf(recipe.answer.sage200));
    await PROMISES[recipe.title]?.(sage200, recipe);
  });
});

function readRecipes(text: string): Recipe[] {
  const [, ...sections] = text.slice(text.indexOf('\n## Recipes')).split('\n### ');
  return sections.map((section) => {
    const block = (info: string) => new RegExp(`^\`\`\`${info}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(section)?.[1];
    const [title = ''] = section.split('\n');
    const [document, answer] = [block('graphql'), block('json answer')];
    if (document === undefined || answer === undefined)
      throw new Error(`The recipe “${title}” has no document or no answer.`);
    return { title, document, variables: JSON.parse(block('json variables') ?? 'null'), answer: JSON.parse(answer) };
  });
}

/** Every place in the data with the kinds of values found there; all rows of a list together. */
function shapeOf(data: Data): Record<string, string[]> {
  const kinds = new Map<string, Set<string>>();
  const visit = (value: Data, path: string) => {
    const kind = value === null ? 'nothing' : Array.isArray(value) ? 'list' : typeof value;
    kinds.set(path, (kinds.get(path) ?? new Set()).add(kind));
    if (kind === 'list') for (const item of value) visit(item, `${path}[]`);
    if (kind === 'object') for (const [name, inner] of Object.entries(value)) visit(inner, `${path}.${name}`);
  };
  visit(data, '');
  return Object.fromEntries([...kinds].sort().map(([path, found]) => [path, [...found].sort()]));
}
