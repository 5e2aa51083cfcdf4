import { stamps } from '../dates.ts';
import { money, sum } from '../money.ts';
import { postcode, streetLine } from '../names.ts';
import type { Random } from '../random.ts';
import type { ProductRow, Sage200Data } from '../types.ts';
import type { CompanyProfile } from './profiles.ts';
import { countryId, countryName, nominalId, TAX_REDUCED, TAX_STANDARD, unitId } from './settings-tables.ts';

export type StockTables = Pick<Sage200Data, 'product_groups' | 'products' | 'warehouses' | 'warehouse_holdings'>;

const GROUPS = [
  { code: 'FIXINGS', description: 'Bolts, screws and anchors', revenue: '41100', isStock: true },
  { code: 'TOOLS', description: 'Hand and power tools', revenue: '41200', isStock: true },
  { code: 'SERVICE', description: 'Cutting, coating and delivery', revenue: '41300', isStock: false },
];
const FIRST_GROUP_ID = 5_001;

/** Code stem, name, group and the smallest size's price. */
const FAMILIES = [
  ['BLT', 'Hex Bolt', 0, 0.0845],
  ['SCR', 'Wood Screw', 0, 0.0125],
  ['ANC', 'Wall Anchor', 0, 0.35],
  ['WSH', 'Washer', 0, 0.0175],
  ['SPN', 'Spanner', 1, 6.4],
  ['DRL', 'Drill Bit', 1, 1.85],
  ['SAW', "Joiner's Saw", 1, 11.25],
  ['CLP', 'G-Clamp 90°', 1, 14.6],
  ['CUT', 'Cutting & Coating', 2, 28],
  ['DEL', 'Delivery 100% Insured', 2, 9.5],
] as const;
const FINISHES = [
  ['ZN', 'Zinc Plated'],
  ['SS', 'Stainless A4'],
  ['BK', 'Black'],
  ['BR', 'Brass'],
] as const;

const WAREHOUSES = [
  ['HOME', 'Main warehouse'],
  ['NORTH', 'Northern depot'],
  ['WEB', 'Web shop'],
] as const;
const FIRST_WAREHOUSE_ID = 601;
const FIRST_PRODUCT_ID = 31_001;

export function createStockTables(random: Random, profile: CompanyProfile, customers: number): StockTables {
  // A wholesaler with a hundred times the customers does not have a hundred times the products.
  const count = Math.min(5_000, 120 + Math.floor(customers / 50));
  const warehouses = WAREHOUSES.map(([name, description], index) =>
    warehouse(random, profile, name, description, index),
  );
  const products: ProductRow[] = [];
  const holdings: Sage200Data['warehouse_holdings'][number][] = [];
  for (let index = 0; index < count; index++) {
    const product = createProduct(random, profile, index);
    const own = warehouses.slice(0, 1 + (index % 3)).map(({ id, name }, at) => {
      const inStock = product.product_group_id === FIRST_GROUP_ID + 2 ? 0 : random.int(0, 4_000);
      const allocated = Math.floor(inStock / random.int(3, 12));
      return holding(holdings.length + at, product, { id, name }, inStock, allocated);
    });
    holdings.push(...own);
    products.push({ ...product, free_stock_quantity: sum(own.map((row) => row.free_stock_available)) });
  }
  return { product_groups: productGroups(profile), products, warehouses, warehouse_holdings: holdings };
}

function productGroups(profile: CompanyProfile): Sage200Data['product_groups'] {
  return GROUPS.map(({ code, description, revenue, isStock }, index) => ({
    id: FIRST_GROUP_ID + index,
    code,
    description: profile.index === 0 ? description : `${description} - ${profile.siteShortName} ${profile.companyId}`,
    product_type: isStock ? 'EnumStockItemTypeStock' : 'EnumStockItemTypeServiceLabour',
    costing_method: 'Average',
    traceable_type: 'EnumTraceableTypeNone',
    label_printing_option_type: 'EnumNotRequired',
    revenue_nominal_code_id: nominalId(revenue),
    ...stockNominals(),
    base_unit_id: unitId('Each'),
    stock_unit_id: unitId('Each'),
    ...stamps(1, 40, index),
  }));
}

const stockNominals = () => ({
  stock_nominal_code_id: nominalId('01200'),
  accrual_nominal_code_id: nominalId('51300'),
  issue_nominal_code_id: nominalId('51200'),
});

function createProduct(random: Random, profile: CompanyProfile, index: number): ProductRow {
  // Shifted by company, so that the same id is a different product.
  const at = index + profile.index * 7;
  const [stem, family, group, smallest] = FAMILIES[at % FAMILIES.length] ?? FAMILIES[0];
  const step = Math.floor(at / FAMILIES.length);
  const [finish, finishName] = FINISHES[step % FINISHES.length] ?? FINISHES[0];
  const size = 4 + 2 * Math.floor(step / FINISHES.length);
  const price = Math.round(smallest * (size / 4) * (1 + (step % FINISHES.length) / 5) * 1e4) / 1e4;
  const createdDay = random.int(2, 200);
  return {
    id: FIRST_PRODUCT_ID + index,
    code: `${stem}-M${String(size).padStart(2, '0')}-${finish}`,
    name: `${family} M${size} ${finishName}`,
    description: `${family}, size M${size}, ${finishName.toLowerCase()}; sold each.`,
    barcode: `50${String(10_000_000_000 + at * 7_919).slice(1)}`,
    allow_sales_order: true,
    free_stock_quantity: 0,
    product_group_id: FIRST_GROUP_ID + group,
    tax_code_id: index % 17 === 5 ? TAX_REDUCED.id : TAX_STANDARD.id,
    product_status_type: 'EnumStockItemStatusTypeActive',
    fulfilment_method_type: 'EnumFulfilmentFromStock',
    fulfilment_sequence_type: 'EnumBinPriority',
    manufacturer: random.pick(['Hallam', 'Norbar', 'Größe+Maß', 'Fischer & Co']),
    part_number: `P${10_000 + at}`,
    traceable_type: 'EnumTraceableTypeNone',
    standard_cost: price,
    average_buying_price: Math.round(price * 0.92 * 1e5) / 1e5,
    commodity_code: group === 2 ? '' : '73181500',
    country_of_origin_id: countryId(random.pick(['GB', 'DE', 'PL'])),
    weight: money(size * 0.013),
    revenue_nominal_code_id: nominalId(GROUPS[group]?.revenue ?? '41100'),
    ...stockNominals(),
    base_unit_id: unitId('Each'),
    stock_unit_id: unitId('Each'),
    ...stamps(createdDay, createdDay + random.int(0, 800), index),
  };
}

function warehouse(random: Random, profile: CompanyProfile, name: string, description: string, index: number) {
  const city = profile.country === 'IE' ? 'Dublin' : 'Sheffield';
  return {
    id: FIRST_WAREHOUSE_ID + index,
    name,
    description: profile.index === 0 ? description : `${description} of ${profile.name}`,
    warehouse_type: 'EnumWarehouseTypeTrading',
    use_for_sales_trading: true,
    postal_name: profile.name,
    address_1: streetLine(random),
    address_2: '',
    address_3: '',
    address_4: '',
    city,
    county: '',
    postcode: postcode(random, { city, county: '', postcodeArea: 'S', areaCode: '0114', country: profile.country }),
    country: countryName(profile.country),
    contact: 'Goods In',
    telephone_number: `0114 555 01${10 + index}`,
    fax_number: '',
    email: `${name.toLowerCase()}@${profile.siteShortName.toLowerCase()}.example`,
    website: '',
    country_code_id: countryId(profile.country),
    ...stamps(1, 50, index),
  };
}

function holding(
  at: number,
  product: ProductRow,
  { id, name }: { readonly id: number; readonly name: string },
  inStock: number,
  allocated: number,
): Sage200Data['warehouse_holdings'][number] {
  const free = inStock - allocated;
  return {
    id: 70_001 + at,
    warehouse_id: id,
    product_id: product.id,
    warehouse_name: name,
    reorder_level: 50,
    minimum_level: 20,
    maximum_level: 5_000,
    quantity_reserved: 0,
    confirmed_qty_in_stock: inStock,
    unconfirmed_qty_in_stock: 0,
    quantity_in_stock: inStock,
    quantity_in_stock_less_reserved: inStock,
    quantity_on_order: at % 4 === 0 ? 200 : 0,
    quantity_allocated_stock: 0,
    quantity_allocated_sop: allocated,
    quantity_allocated_bom: 0,
    quantity_allocated: allocated,
    free_stock_available: free,
    free_stock_available_less_reserved: free,
    ...stamps(3, 900 + (at % 90), at),
  };
}
