/** `sop_orders` → `sopOrders`. Every name in Sage's documents can be converted back. */
export function toCamelCase(restName: string): string {
  return restName.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `documentNo` → `document_no`, `address1` → `address_1`. */
export function toSnakeCase(name: string): string {
  return name.replace(/([a-z])(\d)/g, '$1_$2').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `Sage200SopOrder` → `sopOrder`. */
export function singleFieldOf(typeName: string): string {
  const bare = typeName.replace(/^Sage200/, '');
  return bare.charAt(0).toLowerCase() + bare.slice(1);
}

/** `salesInvoicesNew` → `Sage200SalesInvoicesNew`, for the types that belong to a root field. */
export const typeNameOf = (fieldName: string): string =>
  `Sage200${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}`;

/** `SopOrder` from `Sage200SopOrder`, for names such as `createSopOrder`. */
export const bareName = (typeName: string): string => typeName.replace(/^Sage200/, '');

export const quoted = (description: string): string => JSON.stringify(description);
