import { Bailout } from '../../../kit/bailout.ts';
import type { RowType } from '../model/model.ts';
import { isReadable } from '../reading/shape.ts';
import { columnToken, valueWriter } from '../values/column.ts';
import { childrenColumn } from './children-column.ts';
import { linkedColumn } from './linked-column.ts';
import { memberColumn } from './member-column.ts';
import { nestedListColumn } from './nested-list-plan.ts';
import type { FieldPlan, PlanContext, RowPlan } from './row-plan.ts';
import { keyText, type SelectedField } from './selection.ts';

/**
 * Makes the plan for rows that are read with the shape of this selection.
 * @param depth 0 for rows that are requested themselves, 1 for those inside another row
 * @throws Bailout
 */
export function planRow(
  type: RowType,
  selected: readonly SelectedField[],
  context: PlanContext,
  depth: 0 | 1,
): RowPlan {
  const fields = selected.map((field, index) => planField(type, field, keyText(field.key, index), context, depth));
  return { type, fields, columns: fields.filter((field) => field.kind === 'column') };
}

function planField(type: RowType, selected: SelectedField, key: string, context: PlanContext, depth: 0 | 1): FieldPlan {
  if (selected.name === '__typename') return { kind: 'constant', key, text: JSON.stringify(type.name) };
  const field = type.fields.get(selected.name);
  if (!field) throw new Bailout(`${type.name}.${selected.name} leads to another system`);
  switch (field.kind) {
    case 'globalId':
      return { kind: 'globalId', key };
    case 'scalar': {
      const { restName } = field;
      const isPlain = field.expand === undefined || !isReadable(type);
      if (field.memberList !== undefined) {
        if (isPlain) return memberColumn(field, key);
        throw new Bailout(`${type.name}.${field.name} may need two reads of its own`);
      }
      const write = valueWriter(field);
      if (isPlain) return { kind: 'value', key, restName, write, token: columnToken(field) };
      if (depth > 0) throw new Bailout(`${type.name}.${field.name} below another row needs a read of its own`);
      return { kind: 'value', key, restName, write: (value) => write(present(value)), token: undefined };
    }
    case 'linked':
      return linkedColumn(type, field, selected, key, context, depth);
    case 'children':
      return childrenColumn(type, field, selected, key, context, depth);
    case 'list':
      return nestedListColumn(type, field, selected, key, context);
  }
}

/** A value that needs a custom expand is read again if it is missing. */
function present(value: unknown): unknown {
  if (value === undefined) throw new Bailout('an expanded value is missing');
  return value;
}
