import type { RowType } from '../../model/model.ts';
import { type InputPath, inputFault } from './input-fault.ts';
import { isFilled, isGiven } from './is-given.ts';

type Input = Readonly<Record<string, unknown>>;
type LineType = 'EnumLineTypeStandard' | 'EnumLineTypeFreeText' | 'EnumLineTypeCharge' | 'EnumLineTypeComment';

interface LineRule {
  readonly name: string;
  /** One of each group is required when a line is added. */
  readonly needs: readonly (readonly string[])[];
  /** Not allowed, except for 0 and empty texts. */
  readonly refuses: readonly string[];
}

const QUANTITY = ['lineQuantity', 'toAllocateQuantity'];
const PRICE = [
  'sellingUnitPrice',
  'unitBuyingPrice',
  'taxCodeId',
  'nominalReference',
  'nominalCostCentre',
  'nominalDepartment',
];
const UNITS = ['sellingUnitId', 'pricingUnitId', 'buyingUnitId'];
const DISCOUNT = ['unitDiscountPercent', 'unitDiscountValue'];

/** Source: Sage 200 API reference, order lines; its lists of required fields do not distinguish types of lines. */
const RULES: Readonly<Record<LineType, LineRule>> = {
  EnumLineTypeStandard: {
    name: 'a standard line',
    needs: [['productId', 'code'], ['warehouseId'], ['lineQuantity']],
    refuses: [],
  },
  EnumLineTypeFreeText: { name: 'a free text line', needs: [['description'], ['lineQuantity']], refuses: UNITS },
  EnumLineTypeCharge: {
    name: 'a charge line',
    needs: [['code', 'description']],
    refuses: [...QUANTITY, ...UNITS, ...DISCOUNT],
  },
  EnumLineTypeComment: {
    name: 'a comment line',
    needs: [['description']],
    refuses: [...QUANTITY, ...PRICE, ...UNITS, ...DISCOUNT],
  },
};

/**
 * Checks the line of an order, quote or return by its `lineType`. For an existing line, only given fields can be
 * checked.
 * @throws GatewayError BAD_USER_INPUT with `inputPath`
 */
export function checkLine(type: RowType, line: Input, path: InputPath): void {
  const field = type.fields.get('lineType');
  if (field?.kind !== 'scalar' || field.scalar !== 'Sage200OrderReturnLineType' || line['isToDelete'] === true) return;
  const isNew = !isGiven(line['sageId']);
  const lineType = line['lineType'];
  if (!isGiven(lineType)) {
    if (isNew)
      throw inputFault([...path, 'lineType'], 'lineType is required: it decides which fields the line may have.');
    return;
  }
  const rule = Object.hasOwn(RULES, String(lineType)) ? RULES[lineType as LineType] : undefined;
  if (!rule) return; // a member of a newer release
  const missing = isNew ? rule.needs.find((group) => !group.some((name) => isFilled(line[name]))) : undefined;
  if (missing) throw inputFault([...path, missing[0] ?? ''], `${rule.name} needs ${missing.join(' or ')}.`);
  const extra = rule.refuses.find((name) => type.fields.has(name) && isFilled(line[name]) && Number(line[name]) !== 0);
  if (extra) throw inputFault([...path, extra], `${rule.name} has no ${extra}. Remove it.`);
}
