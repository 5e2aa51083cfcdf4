import {
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { memberOf, type Shape } from './body.ts';
import { idAt } from './made-rows.ts';

export type Input = Readonly<Record<string, unknown>>;

/** Which of a member's values is given: the first is for everything that can be said, later ones for other spellings. */
export interface Making {
  readonly variant: number;
  /** False for a row that is added to a list. */
  readonly isKnown: boolean;
}

/**
 * Everything that a field can be given.
 * @param shape what Sage takes, for texts as long as they may be
 */
export function makeArguments(field: GraphQLField<unknown, unknown>, variant: number, shape?: Shape): Input {
  const made: Record<string, unknown> = {};
  for (const { name, type } of field.args) {
    if (name === 'idempotencyKey') continue;
    const below = name === 'input' ? shape : memberOf(shape, name);
    made[name] = name === 'id' ? String(idAt(0)) : makeValue(type, name, below, { variant, isKnown: true });
  }
  return made;
}

function makeValue(type: GraphQLInputType, name: string, shape: string | Shape | undefined, making: Making): unknown {
  const named = getNamedType(type);
  const isList = isListType(getNullableType(type));
  if (isInputObjectType(named)) {
    const below = typeof shape === 'string' ? undefined : shape;
    return isList ? makeRows(named, below, making) : makeInput(named, below, making);
  }
  const value = isEnumType(named)
    ? named.getValues().at(making.variant % named.getValues().length)?.name
    : plainValue(named.name, typeof shape === 'string' ? shape : '', making);
  if (value === undefined) throw new Error(`There is no value for ${name}, a ${named.name}.`);
  return isList ? [value] : value;
}

/** One row that is there already and one that is added; of the lines of an order, one of each type as well. */
function makeRows(type: GraphQLInputObjectType, shape: Shape | undefined, making: Making): Input[] {
  const rows = [makeInput(type, shape, making), makeInput(type, shape, { ...making, isKnown: false })];
  const lineType = getNamedType(type.getFields()['lineType']?.type);
  if (!isEnumType(lineType)) return rows;
  const others = lineType.getValues().filter(({ name }) => name !== STANDARD_LINE);
  return [
    ...rows,
    ...others.map(({ name }) => ({ sageId: String(idAt(1)), lineType: name, description: 'T', lineQuantity: '0' })),
  ];
}

/** The type of line that takes every member. */
const STANDARD_LINE = 'EnumLineTypeStandard';

function makeInput(type: GraphQLInputObjectType, shape: Shape | undefined, making: Making): Input {
  const made: Record<string, unknown> = {};
  for (const { name, type: memberType } of Object.values(type.getFields())) {
    if (!making.isKnown && ONLY_KNOWN.has(name) && !isNonNullType(memberType)) continue;
    // Without them a document is locked and given back by the gateway.
    if (making.variant > 0 && LOCKING.has(name)) continue;
    made[name] = name === 'lineType' ? STANDARD_LINE : makeValue(memberType, name, memberOf(shape, name), making);
  }
  return made;
}

const ONLY_KNOWN = new Set(['sageId', 'isToDelete']);
const LOCKING = new Set(['lockId', 'isEditing']);

/** Not in Sage's spelling where there is another one. The rows of a list add up to what its first row says. */
function plainValue(scalar: string, type: string, { variant, isKnown }: Making): unknown {
  const isFirst = variant === 0;
  switch (scalar) {
    case 'ID':
      return isFirst ? String(idAt(1)) : '9007199254740993';
    case 'Sage200Long':
      return isFirst ? '+3.0' : '9007199254740993';
    case 'Sage200Decimal':
      return isKnown ? (isFirst ? '+01.0' : type.startsWith('decimal') ? '1.5' : '1') : '-0.0';
    case 'Sage200Date':
      return isFirst ? '2026-01-06' : '2024-02-29';
    case 'Sage200DateTime':
      return isFirst ? '2026-01-05T01:00+01:00' : '2026-01-05T01:00:01.1234567Z';
    case 'Int':
      return 1;
    case 'Boolean':
      return isFirst;
    case 'String':
      return textOf(type, variant);
    default:
      return undefined;
  }
}

/** As long as the column takes; a member where the list of them is closed. */
function textOf(type: string, variant: number): string {
  const [kind = '', members] = type.split(' ');
  if (members !== undefined) {
    const known = members.split('|');
    return known[variant % known.length] ?? '';
  }
  const most = Number(/\((\d+)\)/.exec(kind)?.[1] ?? 1);
  return (kind.startsWith('string') ? 'é"\\' : 'x').repeat(most).slice(0, most);
}
