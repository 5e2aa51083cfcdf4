import { money } from '../money.ts';
import type { Random } from '../random.ts';
import { nominalId } from '../sage200/settings-tables.ts';
import type { ErpItem, ErpStock, ProductRow } from '../types.ts';

const LOCATIONS = ['A01-01', 'A01-02', 'B02-05', 'DOCK-1'];

/** Sage 200's products under their codes, and those that are made here. */
export const createErpItems = (random: Random, products: readonly ProductRow[]): ErpItem[] => [
  ...products.map(linkedItem),
  ...madeItems(random),
];

function linkedItem(row: ProductRow): ErpItem {
  const isService = row.commodity_code === '';
  return {
    id: row.code,
    name: row.name,
    description: row.description,
    status: 'active',
    type: isService ? 'service' : 'good',
    isBought: !isService,
    isManufactured: false,
    isSold: true,
    isStockManaged: !isService,
    eanNumber: row.barcode,
    commodityCode: row.commodity_code,
    category: isService ? 'SERVICE' : row.revenue_nominal_code_id === nominalId('41100') ? 'FIXINGS' : 'TOOLS',
    stockUnit: 'EACH',
    weight: row.weight,
    weightUnit: 'KILOGRAM',
    basePrice: money(row.standard_cost * 1.6),
    minimumPrice: money(row.standard_cost * 1.2),
  };
}

/** Made here, so known to the ERP alone. */
const madeItems = (random: Random): ErpItem[] =>
  Array.from({ length: 20 }, (_, index) => ({
    id: `MFG-${1_000 + index}`,
    name: `Assembly ${String.fromCharCode(65 + index)} "Rev. ${1 + (index % 3)}"`,
    description: `Made to order, revision ${1 + (index % 3)}; 100 % tested.`,
    status: index % 9 === 8 ? 'inDevelopment' : 'active',
    type: 'good',
    isBought: false,
    isManufactured: true,
    isSold: true,
    isStockManaged: true,
    eanNumber: '',
    commodityCode: '84669400',
    category: 'MADE',
    stockUnit: 'EACH',
    weight: money(random.int(50, 4_000) / 100),
    weightUnit: 'KILOGRAM',
    basePrice: money(random.int(5_000, 250_000) / 100),
    minimumPrice: 50,
  }));

export function createErpStock(random: Random, sites: readonly string[], items: readonly ErpItem[]): ErpStock[] {
  return items
    .filter((item) => item.isStockManaged)
    .flatMap((item, index) =>
      sites.slice(0, 1 + (index % sites.length)).map((site) => {
        const quantity = random.int(0, 900);
        const allocated = Math.floor(quantity / random.int(3, 10));
        return {
          item: item.id,
          site,
          stockUnit: item.stockUnit,
          location: random.pick(LOCATIONS),
          quantityInStockUnit: quantity,
          allocatedQuantityInStockUnit: allocated,
          availableQuantityInStockUnit: quantity - allocated,
        };
      }),
    );
}
