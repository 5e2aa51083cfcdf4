import { ONE_CUSTOMER_ID, type Operation, operations } from '../operations.ts';

/**
 * The measured operations in the words of the composed supergraph: REST's own names, aliased, and no `sage200` around
 * them. What it does not do (global ids, exact decimals, calendar dates) is done here, unmeasured, in its favour.
 */
const CUSTOMERS = `customers(_DOLLAR_top: 50, _DOLLAR_orderby: "id asc") {
  id reference name shortName: short_name balance creditLimit: credit_limit onHold: on_hold vatNumber: vat_number
  website paymentTermsDays: payment_terms_days accountOpened: account_opened currencyId: currency_id
}`;
const ERP = operations.find(({ id }) => id === 'erp')?.query ?? '';

export const HIVE_QUERIES: Readonly<Partial<Record<Operation['id'], string>>> = {
  customers: `{ ${CUSTOMERS} }`,
  orders: `{
    sop_orders(_DOLLAR_top: 50, _DOLLAR_orderby: "id asc") {
      id documentNo: document_no documentDate: document_date totalGrossValue: total_gross_value
      customer { name currency { symbol } }
    }
  }`,
  erp: ERP,
  both: `{ ${CUSTOMERS} ${ERP.slice(1)}`,
  one: `{ customer(id: ${ONE_CUSTOMER_ID}) { id reference name balance } }`,
};

/** The same answer in the shape of the others. */
export function readHiveAnswer(answer: unknown): unknown {
  const { data, errors } = answer as { data?: Record<string, unknown>; errors?: unknown };
  if (errors || !data) return answer;
  const { customers, sop_orders, customer, ...erp } = data;
  const sage200 = {
    ...(customers !== undefined && { customers: { nodes: converted(customers) } }),
    ...(sop_orders !== undefined && { sopOrders: { nodes: converted(sop_orders) } }),
    ...(customer !== undefined && { customer: converted(customer) }),
  };
  return { data: { ...(Object.keys(sage200).length > 0 && { sage200 }), ...erp } };
}

const TEXTS = new Set(['id', 'currencyId', 'balance', 'creditLimit', 'totalGrossValue']);
const DATES = new Set(['accountOpened', 'documentDate']);

function converted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(converted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (TEXTS.has(name)) return [name, String(member)];
      return [name, DATES.has(name) ? String(member).slice(0, 10) : converted(member)];
    }),
  );
}
