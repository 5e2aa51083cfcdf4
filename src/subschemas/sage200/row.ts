import type { RowType } from './model/model.ts';
import type { RowData } from './row-data.ts';
import type { CompanyScope } from './scope.ts';

/** A row for the caller: Sage's data, its type, and where more of it can be read. */
export interface Row {
  readonly type: RowType;
  readonly data: RowData;
  readonly scope: CompanyScope;
}
