import type { FieldNode } from 'graphql';
import { Bailout } from '../../../kit/bailout.ts';
import type { BodyPart } from '../../../kit/http/index.ts';
import { isEmpty } from '../../../kit/json.ts';
import { andThen, type MaybePromise, together } from '../../../kit/maybe-promise.ts';
import type { RowType, Sage200Model } from '../model/model.ts';
import { compileConditions } from '../odata/compile-filter.ts';
import { rowPath } from '../odata/path.ts';
import { printQuery } from '../odata/query.ts';
import { loadRow, rowRead } from '../reading/by-key.ts';
import { printShape, shapeOf } from '../reading/shape.ts';
import type { RowData } from '../row-data.ts';
import type { OperationScope } from '../scope.ts';
import { COMPANY_TYPE, encodeGlobalId } from '../values/global-id.ts';
import { type CompanyField, planList } from './list-plan.ts';
import { planRow } from './plan-row.ts';
import { describeQuery, type PlanContext, type PlanRun, readsOf, writeRows } from './row-plan.ts';
import {
  argumentReader,
  fieldDefinition,
  keyText,
  type SchemaContext,
  type SelectedField,
  selectedFields,
  selectionsIn,
} from './selection.ts';

/** The part of an operation for one company, compiled. */
export interface CompanyPlan {
  /**
   * The company's fields as JSON.
   * @throws Bailout or any failure of a read: the fallback executor then answers, using what was read.
   */
  readonly run: (operation: OperationScope, variables: PlanRun['variables']) => MaybePromise<readonly BodyPart[]>;
  /** Describes what is read, one line for each request. */
  readonly reads: readonly string[];
}

/** The context for compiling a plan: of the variables, only those in `@skip` and `@include` are used. */
export interface CompanyPlanContext extends Omit<SchemaContext, 'model'> {
  readonly rootType: string;
  /** Whether the operation uses no other field of Sage 200. */
  readonly isOnlyRoot: boolean;
}

/**
 * Compiles `sage200 { … }`.
 * @param nodes all places in the document that select it under one key
 * @throws Bailout if the fallback executor has to answer it
 */
export function planCompany(
  model: Sage200Model,
  nodes: readonly [FieldNode, ...FieldNode[]],
  { rootType, isOnlyRoot, ...given }: CompanyPlanContext,
): CompanyPlan {
  const context: PlanContext = { ...given, model, planRow };
  const definition = fieldDefinition(context, rootType, 'sage200');
  const sets = nodes.map(({ selectionSet }) => selectionSet);
  const selected = selectedFields(sets, 'Sage200', context);
  const choiceOf = argumentReader(definition, nodes[0]);
  const fields = selected.map((field, index) => ({
    key: keyText(field.key, index),
    ...planField(field, context, isOnlyRoot && selected.length === 1),
  }));
  const name = `plan ${plansMade++}`;
  const join = (texts: readonly (readonly BodyPart[])[]): readonly BodyPart[] => {
    if (fields.length === 0) return ['{}'];
    const body: BodyPart[] = [];
    for (const [index, { key }] of fields.entries()) body.push(key, ...(texts[index] ?? []));
    body.push('}');
    return body;
  };
  const write = (run: PlanRun): MaybePromise<readonly BodyPart[]> =>
    together(fields, (field) => field.write(run), join);
  return {
    reads: fields.flatMap(({ reads }) => reads ?? []),
    run(operation, variables) {
      const { site, company } = choiceOf(variables);
      return andThen(operation.companyScope({ site: textOf(site), company: textOf(company) }), (scope) => {
        // If anything is unexpected, the fallback executor continues with what was read here.
        scope.keepReads();
        const asked = isEmpty(variables) ? name : `${name} ${JSON.stringify(variables)}`;
        return operation.engine.client.once(
          scope.sharer,
          [asked],
          () => write({ scope, variables }),
          scope.reading.calls,
        );
      });
    },
  };
}

const NULL: readonly BodyPart[] = ['null'];

/** Distinguishes plans. */
let plansMade = 0;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function planField(field: SelectedField, context: PlanContext, isAlone: boolean): CompanyField {
  const { model } = context;
  if (field.name === '__typename') return { write: () => ['"Sage200"'] };
  if (field.name === 'id')
    return { write: ({ scope }) => [`"${encodeGlobalId({ ...scope.company, typeName: COMPANY_TYPE, key: '' })}"`] };
  const lookup = model.lookups.find(({ name }) => name === field.name);
  if (lookup) return planLookup(field, lookup.path, context);
  for (const type of model.rowTypes.values()) {
    const { resource } = type;
    if (resource?.operations.has('LIST') && resource.listField === field.name) {
      if (!resource.perCompany) throw new Bailout(`${field.name} is answered from what is known of the sign-in`);
      return planList(type, resource.path, field, context);
    }
    if (resource?.singleField !== field.name) continue;
    if (resource.operations.has('GET')) return planRowById(type, resource.path, field, context, isAlone);
    if (resource.operations.has('SINGLE')) return planSingle(type, resource.path, field, context);
  }
  throw new Bailout(`Sage200.${field.name} is asked by POST`);
}

/** A row by its id: a single row by its own address, several of a type by one list. */
function planRowById(
  type: RowType,
  path: string,
  field: SelectedField,
  context: PlanContext,
  isOnlyField: boolean,
): CompanyField {
  const definition = fieldDefinition(context, 'Sage200', field.name);
  const argumentsOf = argumentReader(definition, field.nodes[0]);
  const selections = selectionsIn(field);
  const shape = shapeOf(type, selections, context);
  const byId = rowRead(type, shape);
  const plan = planRow(type, selectedFields(selections, type.name, context), context, 0);
  // The operation has nothing else that could be read together with it.
  const isAlone = isOnlyField && plan.columns.length === 0;
  let addressFor: ((path: string) => string) | undefined;
  const read = ({ scope, variables }: PlanRun): Promise<RowData | undefined> => {
    const { id, ...conditions } = argumentsOf(variables);
    if (compileConditions(type, conditions, scope).op !== 'always') throw new Bailout('a row under conditions');
    const key = scope.toSageId(String(id), type.name);
    if (!isAlone) return loadRow(scope, byId, key);
    const { client } = scope.operation.engine;
    addressFor ??= client.addressWriter(byId.query);
    return client.rowAt(scope.reading, addressFor(rowPath(path, key)));
  };
  return {
    reads: [`GET ${path}/{id}${describeQuery(printQuery(byId.query))}`, ...readsOf(plan)],
    write: (run) => read(run).then((row) => (row ? writeRows(plan, [row], run) : NULL)),
  };
}

/** A company's only row of a type. */
function planSingle(type: RowType, path: string, field: SelectedField, context: PlanContext): CompanyField {
  const selections = selectionsIn(field);
  const query = printShape(shapeOf(type, selections, context));
  const plan = planRow(type, selectedFields(selections, type.name, context), context, 0);
  return {
    reads: [`GET ${path}${describeQuery(printQuery(query))}`, ...readsOf(plan)],
    write: async (run) => {
      const { client } = run.scope.operation.engine;
      const row = await client.row(run.scope.reading, path, query);
      return row ? writeRows(plan, [row], run) : NULL;
    },
  };
}

/** Allowed values, as listed by Sage. */
function planLookup(field: SelectedField, path: string, context: PlanContext): CompanyField {
  const type = context.model.rowTypes.get('Sage200Lookup');
  if (!type) throw new Bailout('there are no lookups');
  const plan = planRow(type, selectedFields(selectionsIn(field), type.name, context), context, 0);
  return {
    reads: [`GET ${path}`],
    write: async (run) => {
      const rows = await run.scope.operation.engine.client.list(run.scope.reading, path, {});
      return [`[${(await writeRows(plan, rows, run)).join(',')}]`];
    },
  };
}
