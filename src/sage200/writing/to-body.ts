import { GatewayError } from '../../errors/index.ts';
import { toSageId } from '../global-id.ts';
import { writableFields } from '../model/derive-schema.ts';
import { type Action, bodyType, type RowType, type Sage200Model, type ScalarField } from '../model/model.ts';
import { idTarget } from '../odata/compile-filter.ts';
import type { CompanyScope } from '../session.ts';

type Input = Readonly<Record<string, unknown>>;
type InputPath = readonly (string | number)[];

/** A number as it stands, of any precision. `JSON.rawJSON` is in Node 24 but not yet in TypeScript's library. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/**
 * An input as the JSON text of a REST body, checked first: what Sage would refuse for its length or form costs no call.
 * @throws GatewayError BAD_USER_INPUT with `inputPath`, the way to the fault
 */
export function toBody(
  model: Sage200Model,
  type: RowType,
  input: Input,
  use: 'create' | 'update',
  scope: CompanyScope,
): string {
  return JSON.stringify(toRest(model, type, input, use, scope, ['input']));
}

/** What an action sends: its plain arguments and the members of its input, side by side. */
export function toActionBody(
  model: Sage200Model,
  { givenArguments, input }: Action,
  given: Input,
  scope: CompanyScope,
): Record<string, unknown> {
  return {
    ...toRest(model, givenArguments, given, 'child', scope, []),
    ...(input && toRest(model, input.type, (given['input'] ?? {}) as Input, input.use, scope, ['input'])),
  };
}

function toRest(
  model: Sage200Model,
  type: RowType,
  input: Input,
  use: 'create' | 'update' | 'child',
  scope: CompanyScope,
  path: InputPath,
): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const field of writableFields(model, type, use)) {
    const value = input[field.name];
    if (value === undefined) continue;
    const at = [...path, field.name];
    if (value === null)
      throw fault(at, 'Sage 200 takes no null: leave the field out to keep it, or give an empty text to clear it.');
    if (field.kind === 'scalar') {
      body[field.restName] = toRestValue(type, field, value, scope, at);
      continue;
    }
    const child = bodyType(model, field.typeName);
    if (!child) continue;
    const toChild = (row: unknown, rowPath: InputPath) => toRest(model, child, row as Input, 'child', scope, rowPath);
    body[field.restName] = Array.isArray(value)
      ? value.map((row, index) => toChild(row, [...at, index]))
      : toChild(value, at);
  }
  return body;
}

function toRestValue(type: RowType, field: ScalarField, value: unknown, scope: CompanyScope, path: InputPath): unknown {
  if (Array.isArray(value)) return value.map((item) => toRestValue(type, field, item, scope, path));
  switch (field.scalar) {
    case 'ID':
      return rawJSON(sageIdAt(type, field, String(value), scope, path));
    case 'Sage200Decimal':
      return rawJSON(decimalAt(field, String(value), path));
    case 'Sage200Date':
      // A bare date is refused in bodies, though filters take it.
      return `${String(value)}T00:00:00Z`;
    case 'String':
      return textAt(field, String(value), path);
    default:
      return value;
  }
}

function sageIdAt(type: RowType, field: ScalarField, text: string, scope: CompanyScope, path: InputPath): string {
  try {
    return toSageId(text, { ...scope.company, typeName: idTarget(type, field) });
  } catch (error) {
    throw error instanceof GatewayError ? fault(path, error.message) : error;
  }
}

function decimalAt({ scale }: ScalarField, text: string, path: InputPath): string {
  const [, sign = '', whole = '0', fraction = ''] = /^([+-]?)0*(\d*)\.?(\d*)$/.exec(text) ?? [];
  if (scale !== undefined && fraction.replace(/0+$/, '').length > scale)
    throw fault(path, `Sage 200 keeps ${scale} decimal places here.`);
  return `${sign === '-' ? '-' : ''}${whole || '0'}${fraction ? `.${fraction}` : ''}`;
}

function textAt({ maxLength }: ScalarField, text: string, path: InputPath): string {
  if (maxLength !== undefined && text.length > maxLength) {
    throw fault(path, `Sage 200 keeps at most ${maxLength} characters here; these are ${text.length}.`);
  }
  return text;
}

const fault = (inputPath: InputPath, message: string) =>
  new GatewayError('BAD_USER_INPUT', `${inputPath.join('.')}: ${message}`, { details: { inputPath } });
