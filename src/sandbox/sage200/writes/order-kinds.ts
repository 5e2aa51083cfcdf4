/** Where sales and purchase orders (and quotes) differ. */
export interface OrderKind {
  readonly orders: string;
  readonly lines: string;
  readonly orderColumn: string;
  readonly traders: string;
  readonly traderColumn: string;
  /** Field of a line with its price for one unit. */
  readonly price: string;
  /** Made-up price lists: sales price over standard cost. */
  readonly markUp: number;
  /** Field of the order with the net value of its charges. */
  readonly charges: string;
  /** Field of the account with the value of its live orders. */
  readonly openValue: string;
}

const SOP: OrderKind = {
  orders: 'sop_orders',
  lines: 'sop_order_lines',
  orderColumn: 'sop_order_id',
  traders: 'customers',
  traderColumn: 'customer_id',
  price: 'selling_unit_price',
  markUp: 1.5,
  charges: 'subtotal_charge_net_value',
  openValue: 'value_of_current_orders_in_sop',
};

const POP: OrderKind = {
  orders: 'pop_orders',
  lines: 'pop_order_lines',
  orderColumn: 'pop_order_id',
  traders: 'suppliers',
  traderColumn: 'supplier_id',
  price: 'unit_buying_price',
  markUp: 1,
  charges: 'subtotal_charges_net_value',
  openValue: 'value_of_current_orders_in_pop',
};

const KINDS: Readonly<Record<string, OrderKind>> = { sop_orders: SOP, pop_orders: POP };

export const orderKindOf = (resourceName: string): OrderKind | undefined => KINDS[resourceName];
