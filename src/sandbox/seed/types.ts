// One file for the vocabulary of the seed, one type for each row, so that both servers use the same types.
//
// Rows are type aliases and not interfaces on purpose: only aliases are assignable to Record<string, unknown>, which is how
// the servers store them.

/** Money and quantities: a JavaScript number with at most five decimal places, exact when printed. */
export type Decimal = number;
/** A calendar day as Sage 200 gives it: `2025-03-14T00:00:00`. */
export type SageDate = string;
/** A UTC stamp as Sage 200 gives it: `2025-03-14T09:26:53.589Z`. */
export type SageStamp = string;
/** `2025-03-14`. */
export type IsoDate = string;

/** Names one company's data: company ids repeat across sites. */
export interface CompanyKey {
  /** A GUID; `X-Site`. */
  readonly siteId: string;
  /** `X-Company`. */
  readonly companyId: number;
}

interface Stamps {
  readonly date_time_created: SageStamp;
  readonly date_time_updated: SageStamp;
}

/** Stamps as a type alias, so that rows stay assignable to records. */
type Stamped<Row> = Row & { readonly [Key in keyof Stamps]: Stamps[Key] };

/** A row of `GET /sites`: one for each site and company. */
export type SiteRow = {
  readonly company_id: number;
  readonly company_name: string;
  readonly site_id: string;
  readonly site_name: string;
  readonly site_short_name: string;
};

export type CompanyDetailsRow = Stamped<{
  readonly id: number;
  readonly name: string;
  readonly telephone: string;
  readonly fax: string;
  readonly email: string;
  readonly website: string;
  readonly tax_registration_number: string;
  readonly years_accounts_held_for: number;
  readonly country_code_id: number;
  readonly eori_number: string;
  readonly is_supplier_payments_enabled: boolean;
  /** Embedded, always there. */
  readonly address: Stamped<
    { readonly id: number; readonly country: string } & { readonly [Key in keyof AddressLines]: AddressLines[Key] }
  >;
}>;

/** The address fields that Sage 200 repeats everywhere. Empty lines are ''. */
export type AddressLines = {
  readonly address_1: string;
  readonly address_2: string;
  readonly address_3: string;
  readonly address_4: string;
  readonly city: string;
  readonly county: string;
  readonly postcode: string;
};

export type CurrencyIsoCodeRow = Stamped<{ readonly id: number; readonly code: string; readonly name: string }>;

export type CurrencyRow = Stamped<{
  readonly id: number;
  readonly symbol: string;
  readonly name: string;
  readonly core_currency_rate: Decimal;
  readonly euro_currency_rate: Decimal;
  readonly is_base_currency: boolean;
  readonly is_euro_currency: boolean;
  readonly use_for_new_accounts: boolean;
  readonly exchange_rate_type: string;
  readonly currency_iso_code_id: number;
}>;

export type CountryCodeRow = Stamped<{
  readonly id: number;
  /** Two letters. */
  readonly code: string;
  readonly name: string;
  readonly eu_member: boolean;
}>;

export type TaxCodeRow = Stamped<{
  readonly id: number;
  readonly code: number;
  readonly name: string;
  /** Percent: 20 is 20 %. */
  readonly tax_rate: Decimal;
  readonly terms: string;
  readonly terms_description: string;
  readonly is_notional_acquisition_tax: boolean;
}>;

/** Cost centres and departments have the same fields. */
export type NominalDivisionRow = Stamped<{
  readonly id: number;
  /** Three characters. */
  readonly code: string;
  readonly name: string;
  readonly contact_name: string;
  readonly contact_details: string;
  readonly contact_email_address: string;
}>;

export type NominalCodeRow = Stamped<{
  readonly id: number;
  readonly name: string;
  readonly reference: string;
  readonly cost_centre_id: number | null;
  readonly cost_centre_code: string;
  readonly department_id: number | null;
  readonly department_code: string;
  readonly nominal_account_type: string;
  readonly account_status_type: string;
  readonly report_category_id: number;
  readonly balance_year_to_date: Decimal;
  readonly debit_balance_year_to_date: Decimal;
  readonly credit_balance_year_to_date: Decimal;
  readonly brought_forward_balance: Decimal;
  readonly allow_manual_journal_entries: boolean;
  readonly use_batch_postings: boolean;
}>;

export type UnitRow = Stamped<{
  readonly id: number;
  readonly name: string;
  readonly multiple_of_base_unit: Decimal;
  readonly each_value: boolean;
}>;

export type ProductGroupRow = Stamped<{
  readonly id: number;
  readonly code: string;
  readonly description: string;
  readonly product_type: string;
  readonly costing_method: string;
  readonly traceable_type: string;
  readonly label_printing_option_type: string;
  readonly stock_nominal_code_id: number;
  readonly revenue_nominal_code_id: number;
  readonly accrual_nominal_code_id: number;
  readonly issue_nominal_code_id: number;
  readonly base_unit_id: number;
  readonly stock_unit_id: number;
}>;

export type ProductRow = Stamped<{
  readonly id: number;
  readonly code: string;
  readonly name: string;
  readonly description: string;
  readonly barcode: string;
  readonly allow_sales_order: boolean;
  /** Sum of its holdings. */
  readonly free_stock_quantity: Decimal;
  readonly product_group_id: number;
  readonly tax_code_id: number;
  readonly product_status_type: string;
  readonly fulfilment_method_type: string;
  readonly fulfilment_sequence_type: string;
  readonly manufacturer: string;
  readonly part_number: string;
  readonly traceable_type: string;
  readonly standard_cost: Decimal;
  readonly average_buying_price: Decimal;
  readonly commodity_code: string;
  readonly country_of_origin_id: number;
  readonly weight: Decimal;
  readonly stock_nominal_code_id: number;
  readonly revenue_nominal_code_id: number;
  readonly accrual_nominal_code_id: number;
  readonly issue_nominal_code_id: number;
  readonly base_unit_id: number;
  readonly stock_unit_id: number;
}>;

export type WarehouseRow = Stamped<
  {
    readonly id: number;
    readonly name: string;
    readonly description: string;
    readonly warehouse_type: string;
    readonly use_for_sales_trading: boolean;
    readonly postal_name: string;
    readonly country: string;
    readonly contact: string;
    readonly telephone_number: string;
    readonly fax_number: string;
    readonly email: string;
    readonly website: string;
    readonly country_code_id: number;
  } & AddressLines
>;

export type WarehouseHoldingRow = Stamped<{
  readonly id: number;
  readonly warehouse_id: number;
  readonly product_id: number;
  readonly warehouse_name: string;
  readonly reorder_level: Decimal;
  readonly minimum_level: Decimal;
  readonly maximum_level: Decimal;
  readonly quantity_reserved: Decimal;
  readonly confirmed_qty_in_stock: Decimal;
  readonly unconfirmed_qty_in_stock: Decimal;
  readonly quantity_in_stock: Decimal;
  readonly quantity_in_stock_less_reserved: Decimal;
  readonly quantity_on_order: Decimal;
  readonly quantity_allocated_stock: Decimal;
  readonly quantity_allocated_sop: Decimal;
  readonly quantity_allocated_bom: Decimal;
  readonly quantity_allocated: Decimal;
  readonly free_stock_available: Decimal;
  readonly free_stock_available_less_reserved: Decimal;
}>;

/** `customer_id` in customers, `supplier_id` in suppliers; the owner's id is the row's own. */
type MainAddress<OwnerKey extends string> = Stamped<
  {
    readonly id: number;
    readonly country: string;
    readonly contact_name: string;
    readonly address_country_code_id: number;
  } & AddressLines & { readonly [Key in OwnerKey]: number }
>;

/** What customers and suppliers share. */
type Trader = {
  readonly id: number;
  /** At most eight characters, unique in its ledger and company. */
  readonly reference: string;
  readonly name: string;
  readonly short_name: string;
  /** In the account's own currency. */
  readonly balance: Decimal;
  readonly on_hold: boolean;
  readonly status_reason: string;
  readonly account_status_type: string;
  readonly currency_id: number;
  readonly exchange_rate_type: string;
  readonly telephone_country_code: string;
  readonly telephone_area_code: string;
  readonly telephone_subscriber_number: string;
  readonly website: string;
  readonly credit_limit: Decimal;
  readonly country_code_id: number;
  readonly default_tax_code_id: number;
  readonly vat_number: string;
  readonly account_type: string;
  readonly early_settlement_discount_percent: Decimal;
  readonly early_settlement_discount_days: number;
  readonly payment_terms_days: number;
  readonly payment_terms_basis: string;
  readonly terms_agreed: boolean;
  readonly trading_terms: string;
  readonly credit_reference: string;
  readonly account_opened: SageDate;
  readonly order_priority: string;
  readonly months_to_keep_transactions: number;
  readonly default_nominal_code_id: number;
  readonly default_nominal_code_reference: string;
  readonly default_nominal_code_cost_centre: string;
  readonly default_nominal_code_department: string;
};

export type CustomerRow = Stamped<
  Trader & {
    readonly fax_country_code?: string;
    readonly fax_area_code?: string;
    readonly fax_subscriber_number?: string;
    readonly analysis_code_1?: string;
    readonly analysis_code_2?: string;
    readonly analysis_code_3?: string;
    readonly average_time_to_pay: number;
    readonly value_of_current_orders_in_sop: Decimal;
    readonly invoice_discount_percent: Decimal;
    readonly invoice_line_discount_percent: Decimal;
    readonly produce_statements_for_customer: boolean;
    readonly use_consolidated_billing: boolean;
    readonly use_tax_code_as_default: boolean;
    /** Shown only by `$expand`. */
    readonly main_address: MainAddress<'customer_id'>;
  }
>;

export type SupplierRow = Stamped<
  Trader & {
    readonly value_of_current_orders_in_pop: Decimal;
    readonly is_supplier_payments_enabled: boolean;
    /** Shown only by `$expand`. */
    readonly main_address: MainAddress<'supplier_id'>;
  }
>;

/** Rows of `customer_contacts` and `supplier_contacts`; `customer_id` or `supplier_id` names the owner. */
type Contact<OwnerKey extends string> = Stamped<
  {
    readonly id: number;
    readonly salutation_id: number;
    readonly name: string;
    readonly first_name: string;
    readonly middle_name: string;
    readonly last_name: string;
    readonly default_telephone: string;
    readonly default_email: string;
    readonly is_default: boolean;
  } & { readonly [Key in OwnerKey]: number }
>;
export type CustomerContactRow = Contact<'customer_id'>;
export type SupplierContactRow = Contact<'supplier_id'>;

export type CustomerMemoRow = Stamped<{
  readonly id: number;
  readonly customer_id: number;
  readonly note: string;
  readonly created_by: string;
  readonly is_active: boolean;
}>;

export type CustomerDeliveryAddressRow = Stamped<
  {
    readonly id: number;
    readonly customer_id: number;
    readonly is_default: boolean;
    readonly description: string;
    readonly postal_name: string;
    readonly country: string;
    readonly address_country_code_id: number;
    readonly contact: string;
    readonly telephone: string;
    readonly fax: string;
    readonly email: string;
    readonly tax_number: string;
    readonly tax_code_id: number;
    readonly country_code_id: number;
  } & AddressLines
>;

export type SopOrderRow = Stamped<{
  readonly id: number;
  readonly customer_id: number;
  readonly is_draft: boolean;
  readonly document_no: string;
  readonly customer_type: string;
  readonly document_date: SageDate;
  readonly document_status: string;
  readonly despatch_receipt_status: string;
  readonly invoice_credit_status: string;
  readonly cancelled_status: string;
  readonly currency_id: number;
  readonly exchange_rate: Decimal;
  /** The sum of the lines' `line_total_value`. */
  readonly subtotal_goods_value: Decimal;
  readonly subtotal_charge_net_value: Decimal;
  readonly subtotal_charge_tax_value: Decimal;
  readonly subtotal_discount_value: Decimal;
  readonly total_net_value: Decimal;
  readonly total_tax_value: Decimal;
  readonly total_gross_value: Decimal;
  readonly customer_document_no: string;
  readonly is_credit_limit_exceeded: boolean;
  readonly use_invoice_address: boolean;
  readonly is_triangulated: boolean;
  readonly settlement_discount_days: number;
  readonly settlement_discount_percent: Decimal;
  readonly document_discount_percent: Decimal;
  readonly document_created_by: string;
  readonly requested_delivery_date: SageDate;
  readonly promised_delivery_date: SageDate;
  readonly order_priority: string;
  readonly external_reference: string;
  readonly payment_with_order: boolean;
  readonly payment_value: Decimal;
}>;

/** What lines of sales and purchase orders share. */
type OrderLine = {
  readonly id: number;
  readonly line_number: number;
  readonly line_type: string;
  readonly product_id: number;
  readonly warehouse_id: number;
  readonly code: string;
  readonly description: string;
  readonly use_description: boolean;
  readonly line_quantity: Decimal;
  readonly tax_code_id: number;
  readonly nominal_reference: string;
  readonly nominal_cost_centre: string;
  readonly nominal_department: string;
  readonly unit_discount_percent: Decimal;
  readonly unit_discount_value: Decimal;
  readonly discounted_unit_price: Decimal;
  readonly pricing_unit_id: number;
  readonly pricing_unit_description: string;
  readonly stock_unit_line_quantity: Decimal;
  readonly confirmation_intent_type: string;
  readonly line_total_value: Decimal;
  readonly line_tax_value: Decimal;
  readonly is_complete: boolean;
};

export type SopOrderLineRow = Stamped<
  OrderLine & {
    readonly sop_order_id: number;
    readonly allocated_quantity: Decimal;
    readonly despatch_receipt_quantity: Decimal;
    readonly invoice_credit_quantity: Decimal;
    readonly selling_unit_id: number;
    readonly selling_unit_description: string;
    readonly selling_unit_price: Decimal;
    readonly cost_price: Decimal;
    readonly requested_delivery_date: SageDate;
    readonly promised_delivery_date: SageDate;
    readonly show_on_customer_docs: boolean;
  }
>;

export type PopOrderRow = Stamped<{
  readonly id: number;
  readonly supplier_id: number;
  readonly is_draft: boolean;
  readonly document_no: string;
  readonly document_date: SageDate;
  readonly document_status: string;
  readonly receipt_return_status: string;
  readonly invoice_credit_status: string;
  readonly cancelled_status: string;
  readonly exchange_rate: Decimal;
  readonly subtotal_goods_value: Decimal;
  readonly subtotal_charges_net_value: Decimal;
  readonly subtotal_discount_value: Decimal;
  readonly subtotal_landed_costs_value: Decimal;
  readonly total_net_value: Decimal;
  readonly total_tax_value: Decimal;
  readonly total_gross_value: Decimal;
  readonly supplier_document_no: string;
  readonly settlement_discount_days: number;
  readonly settlement_discount_percent: Decimal;
  readonly document_discount_percent: Decimal;
  readonly document_created_by: string;
  readonly requested_delivery_date: SageDate;
}>;

export type PopOrderLineRow = Stamped<
  OrderLine & {
    readonly pop_order_id: number;
    readonly supplier_part_ref: string;
    readonly receipt_return_quantity: Decimal;
    readonly invoice_credit_quantity: Decimal;
    readonly buying_unit_id: number;
    readonly buying_unit_description: string;
    readonly unit_buying_price: Decimal;
    readonly show_on_supplier_docs: boolean;
  }
>;

export type SalesPostedTransactionRow = Stamped<{
  readonly id: number;
  readonly customer_id: number;
  readonly trader_transaction_type: string;
  readonly reference: string;
  readonly second_reference: string;
  /** '' or 'Q'. */
  readonly queried: string;
  readonly transaction_date: SageDate;
  readonly posted_date: SageDate;
  readonly due_date: SageDate;
  readonly document_goods_value: Decimal;
  readonly document_gross_value: Decimal;
  readonly document_tax_value: Decimal;
  readonly document_discount_value: Decimal;
  readonly discount_percent: Decimal;
  readonly document_allocated_value: Decimal;
  readonly document_outstanding_value: Decimal;
  readonly base_goods_value: Decimal;
  readonly base_gross_value: Decimal;
  readonly base_tax_value: Decimal;
  readonly exchange_rate: Decimal;
  readonly settled_immediately: boolean;
  readonly discount_days: number;
  readonly urn: number;
  readonly user_name: string;
}>;

/** Everything in one Sage 200 company. Keys are Sage's resource names, so a server can load it row by row. */
export type Sage200Data = {
  readonly company_details: readonly CompanyDetailsRow[];
  readonly currency_iso_codes: readonly CurrencyIsoCodeRow[];
  readonly currencies: readonly CurrencyRow[];
  readonly country_codes: readonly CountryCodeRow[];
  readonly tax_codes: readonly TaxCodeRow[];
  readonly cost_centres: readonly NominalDivisionRow[];
  readonly departments: readonly NominalDivisionRow[];
  readonly nominal_codes: readonly NominalCodeRow[];
  readonly units: readonly UnitRow[];
  readonly product_groups: readonly ProductGroupRow[];
  readonly products: readonly ProductRow[];
  readonly warehouses: readonly WarehouseRow[];
  readonly warehouse_holdings: readonly WarehouseHoldingRow[];
  readonly customers: readonly CustomerRow[];
  readonly customer_contacts: readonly CustomerContactRow[];
  readonly customer_memos: readonly CustomerMemoRow[];
  readonly customer_delivery_addresses: readonly CustomerDeliveryAddressRow[];
  readonly suppliers: readonly SupplierRow[];
  readonly supplier_contacts: readonly SupplierContactRow[];
  readonly sop_orders: readonly SopOrderRow[];
  readonly sop_order_lines: readonly SopOrderLineRow[];
  readonly pop_orders: readonly PopOrderRow[];
  readonly pop_order_lines: readonly PopOrderLineRow[];
  readonly sales_posted_transactions: readonly SalesPostedTransactionRow[];
};

// ---- The ERP tenant. References are natural keys (the `id` or `number` of the row meant), never `_id`s. ----

export type ErpCurrency = {
  /** ISO code: `GBP`. */
  readonly id: string;
  readonly name: string;
  readonly symbol: string;
  readonly decimalDigits: number;
};

export type ErpCountry = {
  /** Two letters. */
  readonly id: string;
  readonly name: string;
  readonly iso31661Alpha3: string;
  readonly continent: string;
  readonly isEuMember: boolean;
  readonly currency: string;
};

export type ErpCompany = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly country: string;
  readonly currency: string;
};

export type ErpSite = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** `ErpCompany.id`. */
  readonly legalCompany: string;
  /** `ErpBusinessEntity.id`, the same as the site's. */
  readonly businessEntity: string;
  readonly country: string;
  readonly currency: string;
  readonly isFinance: boolean;
  readonly isPurchase: boolean;
  readonly isInventory: boolean;
  readonly isSales: boolean;
  readonly isManufacturing: boolean;
};

export type ErpAddress = {
  readonly name: string;
  readonly addressLine1: string;
  readonly addressLine2: string;
  readonly city: string;
  readonly region: string;
  readonly postcode: string;
  readonly country: string;
  readonly locationPhoneNumber: string;
};

export type ErpContact = {
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly phone: string;
};

export type ErpBusinessEntity = {
  readonly id: string;
  readonly name: string;
  readonly country: string;
  readonly currency: string;
  readonly taxIdNumber: string;
  readonly website: string;
  readonly isSite: boolean;
  readonly isCustomer: boolean;
  readonly isSupplier: boolean;
  readonly address: ErpAddress;
  readonly contact: ErpContact;
};

/** A name that is both customer and supplier is one business entity with both rows. */
export type ErpCustomer = {
  /** Its business entity's id. For linked ones Sage 200's `customers.reference`. */
  readonly id: string;
  readonly paymentTerm: string;
  readonly minimumOrderAmount: Decimal;
  readonly isOnHold: boolean;
  readonly creditLimit: Decimal;
  readonly displayStatus: 'active' | 'inactive' | 'onHold';
  readonly isActive: boolean;
};

export type ErpSupplier = {
  /** Its business entity's id. For linked ones Sage 200's `suppliers.reference`. */
  readonly id: string;
  readonly paymentTerm: string;
  readonly minimumOrderAmount: Decimal;
  readonly supplierType: 'chemical' | 'foodAndBeverage' | 'other';
  readonly isActive: boolean;
};

export type ErpPaymentTerm = {
  readonly id: string;
  readonly name: string;
  readonly businessEntityType: 'customer' | 'supplier' | 'all';
  readonly dueDateType: 'afterInvoiceDate' | 'afterTheEndOfTheMonthOfInvoiceDate';
  readonly days: number;
};

export type ErpUnitOfMeasure = {
  readonly id: string;
  readonly name: string;
  readonly symbol: string;
  readonly decimalDigits: number;
  readonly type: 'each' | 'weight' | 'volume' | 'length' | 'area' | 'time' | 'temperature';
};

export type ErpItemCategory = { readonly id: string; readonly name: string };

export type ErpItem = {
  /** For linked ones Sage 200's `products.code`. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly status: 'active' | 'inDevelopment' | 'notRenewed' | 'obsolete' | 'notUsable';
  readonly type: 'good' | 'service' | 'landedCost';
  readonly isBought: boolean;
  readonly isManufactured: boolean;
  readonly isSold: boolean;
  readonly isStockManaged: boolean;
  readonly eanNumber: string;
  readonly commodityCode: string;
  readonly category: string;
  readonly stockUnit: string;
  readonly weight: Decimal;
  readonly weightUnit: string;
  readonly basePrice: Decimal;
  readonly minimumPrice: Decimal;
};

export type ErpStock = {
  readonly item: string;
  readonly site: string;
  readonly stockUnit: string;
  /** Warehouse location, `A01-03`. */
  readonly location: string;
  readonly quantityInStockUnit: Decimal;
  readonly allocatedQuantityInStockUnit: Decimal;
  readonly availableQuantityInStockUnit: Decimal;
};

export type ErpOrderStatus = 'draft' | 'pending' | 'inProgress' | 'closed';

export type ErpSalesOrder = {
  readonly number: string;
  readonly site: string;
  readonly soldToCustomer: string;
  readonly currency: string;
  readonly paymentTerm: string;
  readonly status: ErpOrderStatus;
  readonly displayStatus: 'draft' | 'quote' | 'confirmed' | 'shipped' | 'partiallyShipped' | 'invoiced' | 'closed';
  readonly approvalStatus: 'draft' | 'approved' | 'confirmed';
  readonly invoiceStatus: 'notInvoiced' | 'partiallyInvoiced' | 'invoiced';
  readonly customerNumber: string;
  readonly orderDate: IsoDate;
  readonly requestedDeliveryDate: IsoDate;
  readonly totalAmountExcludingTax: Decimal;
  readonly totalTaxAmount: Decimal;
  readonly lines: readonly ErpSalesOrderLine[];
};

export type ErpSalesOrderLine = {
  readonly item: string;
  readonly itemDescription: string;
  readonly unit: string;
  readonly quantity: Decimal;
  readonly grossPrice: Decimal;
  readonly netPrice: Decimal;
  readonly status: ErpOrderStatus;
  readonly shippingStatus: 'notShipped' | 'partiallyShipped' | 'shipped';
  readonly invoiceStatus: 'notInvoiced' | 'partiallyInvoiced' | 'invoiced';
  readonly requestedDeliveryDate: IsoDate;
};

export type ErpPurchaseOrder = {
  readonly number: string;
  readonly site: string;
  readonly supplier: string;
  readonly currency: string;
  readonly paymentTerm: string;
  readonly status: ErpOrderStatus;
  readonly displayStatus: 'draft' | 'confirmed' | 'closed';
  readonly approvalStatus: 'draft' | 'approved' | 'confirmed';
  readonly supplierOrderReference: string;
  readonly orderDate: IsoDate;
  readonly totalAmountExcludingTax: Decimal;
  readonly lines: readonly ErpPurchaseOrderLine[];
};

export type ErpPurchaseOrderLine = {
  readonly item: string;
  readonly itemDescription: string;
  readonly unit: string;
  readonly quantity: Decimal;
  readonly quantityToReceive: Decimal;
  readonly grossPrice: Decimal;
  readonly netPrice: Decimal;
  readonly status: ErpOrderStatus;
  readonly expectedReceiptDate: IsoDate;
};

/** Everything in the ERP tenant. Referenced rows are in earlier lists. */
export type ErpData = {
  readonly currencies: readonly ErpCurrency[];
  readonly countries: readonly ErpCountry[];
  readonly companies: readonly ErpCompany[];
  readonly businessEntities: readonly ErpBusinessEntity[];
  readonly sites: readonly ErpSite[];
  readonly paymentTerms: readonly ErpPaymentTerm[];
  readonly unitsOfMeasure: readonly ErpUnitOfMeasure[];
  readonly itemCategories: readonly ErpItemCategory[];
  readonly customers: readonly ErpCustomer[];
  readonly suppliers: readonly ErpSupplier[];
  readonly items: readonly ErpItem[];
  readonly stock: readonly ErpStock[];
  readonly salesOrders: readonly ErpSalesOrder[];
  readonly purchaseOrders: readonly ErpPurchaseOrder[];
};

export interface SeedOptions {
  /** Customers in each Sage 200 company. @default 200 */
  readonly customers?: number;
  /** The same number gives the same data. @default 1 */
  readonly seed?: number;
  /** Sage 200 companies; the first two share a site, a third one has the same company id in another site. @default 2 */
  readonly companies?: number;
}

export interface Seed {
  /** `GET /sites` of a user who may open everything, in the order of `companies`. */
  readonly sites: readonly SiteRow[];
  /** One company's data, created at the first call and kept; undefined if the company does not exist. */
  company(key: CompanyKey): Sage200Data | undefined;
  /** The ERP tenant's data, created at the first call and kept. */
  erp(): ErpData;
}
