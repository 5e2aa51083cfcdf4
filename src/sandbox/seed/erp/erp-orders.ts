import { isoDate, LAST_DAY } from '../dates.ts';
import { money, sum } from '../money.ts';
import type { Random } from '../random.ts';
import type {
  ErpBusinessEntity,
  ErpCustomer,
  ErpItem,
  ErpOrderStatus,
  ErpPurchaseOrder,
  ErpSalesOrder,
  ErpSupplier,
} from '../types.ts';

/** Orders of a document: a status that fits its age. */
const statusOf = (day: number): ErpOrderStatus =>
  day < LAST_DAY - 60 ? 'closed' : day < LAST_DAY - 20 ? 'inProgress' : 'pending';

function orderLine(random: Random, items: readonly ErpItem[]) {
  const item = random.pick(items);
  const quantity = random.pick([1, 2, 5, 10, 25]);
  return {
    item: item.id,
    itemDescription: item.name,
    unit: item.stockUnit,
    quantity,
    grossPrice: item.basePrice,
    netPrice: money(item.basePrice * random.pick([1, 1, 0.95])),
  };
}

const netTotal = (lines: readonly { readonly netPrice: number; readonly quantity: number }[]) =>
  sum(lines.map((line) => line.netPrice * line.quantity));

export function createErpSalesOrders(
  random: Random,
  sites: readonly string[],
  customers: readonly ErpCustomer[],
  items: readonly ErpItem[],
  entities: ReadonlyMap<string, ErpBusinessEntity>,
): ErpSalesOrder[] {
  let count = 0;
  return customers.flatMap((customer, index) =>
    Array.from({ length: index === 0 ? 3 : random.pick([0, 1, 1, 2, 4]) }, (): ErpSalesOrder => {
      const day = random.int(60, LAST_DAY);
      const status = statusOf(day);
      const isClosed = status === 'closed';
      const requestedDeliveryDate = isoDate(day + 7);
      const invoiceStatus = isClosed ? 'invoiced' : 'notInvoiced';
      const lines = Array.from({ length: random.int(1, 4) }, () => ({
        ...orderLine(random, items),
        status,
        shippingStatus: isClosed ? ('shipped' as const) : ('notShipped' as const),
        invoiceStatus: invoiceStatus as 'invoiced' | 'notInvoiced',
        requestedDeliveryDate,
      }));
      const total = netTotal(lines);
      const entity = entities.get(customer.id);
      return {
        number: `SO${String(++count).padStart(6, '0')}`,
        site: random.pick(sites),
        soldToCustomer: customer.id,
        currency: entity?.currency ?? 'GBP',
        paymentTerm: customer.paymentTerm,
        status,
        displayStatus: isClosed ? 'invoiced' : status === 'pending' ? 'quote' : 'confirmed',
        approvalStatus: 'approved',
        invoiceStatus,
        customerNumber: random.chance(0.5) ? `PO-${random.int(1_000, 9_999)}` : '',
        orderDate: isoDate(day),
        requestedDeliveryDate,
        totalAmountExcludingTax: total,
        totalTaxAmount: entity?.country === 'GB' ? money(total * 0.2) : 0,
        lines,
      };
    }),
  );
}

export function createErpPurchaseOrders(
  random: Random,
  sites: readonly string[],
  suppliers: readonly ErpSupplier[],
  items: readonly ErpItem[],
  entities: ReadonlyMap<string, ErpBusinessEntity>,
): ErpPurchaseOrder[] {
  let count = 0;
  const bought = items.filter((item) => item.isBought);
  return suppliers.flatMap((supplier) =>
    Array.from({ length: random.int(0, 3) }, (): ErpPurchaseOrder => {
      const day = random.int(60, LAST_DAY);
      const status = statusOf(day);
      const lines = Array.from({ length: random.int(1, 3) }, () => {
        const line = orderLine(random, bought);
        return {
          ...line,
          status,
          quantityToReceive: status === 'closed' ? 0 : line.quantity,
          expectedReceiptDate: isoDate(day + 12),
        };
      });
      return {
        number: `PO${String(++count).padStart(6, '0')}`,
        site: random.pick(sites),
        supplier: supplier.id,
        currency: entities.get(supplier.id)?.currency ?? 'GBP',
        paymentTerm: supplier.paymentTerm,
        status,
        displayStatus: status === 'closed' ? 'closed' : 'confirmed',
        approvalStatus: 'approved',
        supplierOrderReference: random.chance(0.4) ? `REF${random.int(1_000, 9_999)}` : '',
        orderDate: isoDate(day),
        totalAmountExcludingTax: netTotal(lines),
        lines,
      };
    }),
  );
}
