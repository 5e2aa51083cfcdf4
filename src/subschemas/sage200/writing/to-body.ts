import { GatewayError } from '../../../kit/errors/index.ts';
import { writableFields } from '../model/derive-mutations.ts';
import { type Action, bodyType, type RowType, type Sage200Model, type ScalarField } from '../model/model.ts';
import { idTarget } from '../odata/compile-filter.ts';
import type { CompanyScope } from '../scope.ts';
import { codecOf } from '../values/codecs.ts';
import { checkListRow } from './rules/check-list-row.ts';
import { checkSums } from './rules/check-sums.ts';
import { inputFault as fault, type InputPath } from './rules/input-fault.ts';

type Input = Readonly<Record<string, unknown>>;

/**
 * An input as the JSON text of a REST body, validated first: a wrong length or form costs no call.
 * @throws GatewayError BAD_USER_INPUT with `inputPath`, the path to the error
 */
export function toBody(
  model: Sage200Model,
  type: RowType,
  input: Input,
  use: 'create' | 'update',
  scope: CompanyScope,
): string {
  return JSON.stringify(toBodyRow(model, type, input, use, scope));
}

/** The body of an action: its plain arguments and the members of its input, side by side. */
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

/** The same before serialisation, so that members can be added. */
export function toBodyRow(
  model: Sage200Model,
  type: RowType,
  input: Input,
  use: 'create' | 'update',
  scope: CompanyScope,
): Record<string, unknown> {
  return toRest(model, type, input, use, scope, ['input']);
}

/** Many rows in one body: with `sageId` to change one, without it to add one. */
export function toBulkBody(model: Sage200Model, type: RowType, rows: readonly Input[], scope: CompanyScope): string {
  return JSON.stringify(rows.map((row, index) => toListRow(model, type, row, scope, ['input', index])));
}

/** The parent's id for a path, from an argument. */
export function toParentKey(type: RowType, name: string, given: unknown, scope: CompanyScope): string {
  const field = type.fields.get(name);
  const typeName = field?.kind === 'scalar' ? idTarget(type, field) : undefined;
  return scope.toSageId(String(given), typeName);
}

/** A row in a list: new without `sageId`, and then complete. */
function toListRow(
  model: Sage200Model,
  type: RowType,
  row: Input,
  scope: CompanyScope,
  path: InputPath,
  parent?: RowType,
): Record<string, unknown> {
  checkListRow(type, row, path, parent);
  return toRest(model, type, row, 'child', scope, path);
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
      throw fault(
        at,
        'Sage 200 does not accept null. Omit the field to keep its value, or use an empty string to clear it.',
      );
    if (field.kind === 'scalar') {
      body[field.restName] = toRestValue(type, field, value, scope, at);
      continue;
    }
    const child = bodyType(model, field.typeName);
    if (!child) continue;
    const toChild = (row: unknown, rowPath: InputPath) => toRest(model, child, row as Input, 'child', scope, rowPath);
    body[field.restName] = Array.isArray(value)
      ? value.map((row, index) => toListRow(model, child, row as Input, scope, [...at, index], type))
      : toChild(value, at);
  }
  checkSums(type, input, path);
  return body;
}

/** A value in the form of its column; errors include the path to it. */
function toRestValue(type: RowType, field: ScalarField, value: unknown, scope: CompanyScope, path: InputPath): unknown {
  if (Array.isArray(value)) return value.map((item) => toRestValue(type, field, item, scope, path));
  const { toBody: write } = codecOf(field);
  try {
    return write(field.scalar === 'ID' ? scope.toSageId(String(value), idTarget(type, field)) : value, field);
  } catch (error) {
    throw error instanceof GatewayError ? fault(path, error.message) : error;
  }
}
