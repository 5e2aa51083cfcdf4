import type { RowType } from '../../model/model.ts';
import { checkLine } from './check-line.ts';
import { type InputPath, inputFault } from './input-fault.ts';
import { isGiven } from './is-given.ts';

type Input = Readonly<Record<string, unknown>>;

/**
 * Rules for a row in a list: with its id it is changed, without an id it is added and must be complete; only existing
 * rows can be removed. Source: Sage 200 API reference, write behaviour.
 * @throws GatewayError BAD_USER_INPUT with `inputPath`
 */
export function checkListRow(type: RowType, row: Input, path: InputPath, parent: RowType | undefined): void {
  checkLine(type, row, path);
  const isRow = type.fields.get('sageId')?.kind === 'scalar';
  if (!isRow || isGiven(row['sageId'])) return;
  if (row['isToDelete'] === true)
    throw inputFault([...path, 'sageId'], 'Give the id of the row to remove; a row without an id would be added.');
  for (const field of type.fields.values()) {
    if (field.kind !== 'scalar' || !field.required || field.readOnly || isGiven(row[field.name])) continue;
    if (field.scalar === 'ID' && parent && isKeyOf(type, field.restName, parent)) continue;
    throw inputFault([...path, field.name], 'Sage 200 requires this for a new row.');
  }
}

/** A child inside its parent row need not name it. */
const isKeyOf = (type: RowType, key: string, parent: RowType): boolean =>
  [...type.fields.values()].some(
    (field) => field.kind === 'linked' && field.key === key && field.typeName === parent.name,
  );
