import { payloadNameOf } from './derive-actions.ts';
import { writableFields } from './derive-mutations.ts';
import { filterableFields } from './list-arguments.ts';
import { type Field, type RowType, type Sage200Model, type ScalarField, scalarByRestName } from './model.ts';
import { bareName } from './names.ts';
import { outputDescription } from './output-field.ts';

/** The description of a field of one type, or of an argument of that field; undefined if there is none. */
export type Describe = (field: string, argument?: string) => string | undefined;

type DescribeField = (field: string) => string | undefined;

/**
 * Descriptions of the fields and arguments that have none in the SDL: derived from the model, or only Sage's own name if nothing
 * else is known. Created when the schema is read: most processes never do, and 15,000 texts take a megabyte.
 */
export function createDescribe(model: Sage200Model): (type: string) => Describe | undefined {
  const fieldsOf = createFieldsDescriber(model);
  return (name) => {
    const describeField = fieldsOf(name);
    return (
      describeField &&
      ((field, argument) =>
        argument === undefined ? describeField(field) : argumentMeaning(model, name, field, argument))
    );
  };
}

/** For the root fields that are one request to Sage. Other arguments are described in the SDL. */
function argumentMeaning(model: Sage200Model, root: string, field: string, name: string): string | undefined {
  const given = model.actions.get(`${root}.${field}`)?.givenArguments;
  const argument = given?.fields.get(name);
  if (!given || argument?.kind !== 'scalar' || argument.scalar !== 'ID') return undefined;
  return `${idMeaning(model, given, argument).slice(0, -1)}: a global id or a sageId.`;
}

function createFieldsDescriber(model: Sage200Model): (type: string) => DescribeField | undefined {
  const payloads = new Map<string, RowType>();
  for (const action of model.actions.values())
    if (action.writes && action.answer && !action.answer.type.resource)
      payloads.set(payloadNameOf(action), action.answer.type);

  return (name) => {
    if (!name.startsWith('Sage200')) return undefined;
    const row = model.rowTypes.get(name) ?? payloads.get(name);
    if (row) return rowsDescriber(model, row);
    const [, stem = '', ending = ''] = /^(.*?)(Connection|Edge|Filter|Order)$/.exec(name) ?? [];
    const listed = model.rowTypes.get(stem);
    if (listed && ending === 'Filter') return filterDescriber(listed);
    if (listed && ending === 'Order') return (field) => `Orders the rows by \`${field}\`.`;
    if (listed) return (field) => PAGES[field];
    if (ending === 'Filter') return (field) => OPERATORS[field];
    return inputDescriber(model, name) ?? ((field) => SHARED[field]);
  };
}

function rowsDescriber(model: Sage200Model, row: RowType): DescribeField {
  return (name) => {
    const field = row.fields.get(name);
    return field && (outputDescription(field) ?? describe(model, row, field, 'output'));
  };
}

/** Inputs are named after their type and their mutation; those of actions are hand-written. */
function inputDescriber(model: Sage200Model, name: string): DescribeField | undefined {
  const [, verb, bare = ''] = /^Sage200(Create|Update)?(.*)Input$/.exec(name) ?? [];
  const row = model.inputTypes.get(name) ?? model.rowTypes.get(`Sage200${bare}`);
  if (!row) return undefined;
  const use: Use = verb === 'Create' ? 'create' : verb === 'Update' ? 'update' : 'child';
  const isHandWritten = model.inputTypes.has(name);
  const fields = new Map(writableFields(model, row, use).map((field) => [field.name, field] as const));
  return (each) => {
    const field = isHandWritten ? row.fields.get(each) : fields.get(each);
    return field && describe(model, row, field, use);
  };
}

type Use = 'output' | 'create' | 'update' | 'child';

function describe(model: Sage200Model, row: RowType, field: Field, use: Use): string {
  const since = field.since ? [`Since ${field.since}.`] : [];
  switch (field.kind) {
    case 'globalId':
      return 'Identifies this row across all sites and companies. Accepted wherever an id is required.';
    case 'linked':
      return sentences(`The ${words(field.typeName)} that \`${field.key}\` in Sage 200 refers to.`, ...since);
    case 'list':
      return sentences(`The ${words(field.typeName, 's')} that belong to this row, as a separate list.`, ...since);
    case 'children': {
      const what = field.list
        ? `The ${words(field.typeName, 's')} inside this row.`
        : `The ${words(field.typeName)} inside this row.`;
      return sentences(what, sageName(field), field.required && use === 'create' ? 'Required.' : '', ...since);
    }
    case 'scalar':
      return sentences(
        meaning(model, row, field, use),
        sageName(field),
        limits(field),
        use === 'output' ? '' : duty(field, use),
        ...since,
      );
  }
}

function meaning(model: Sage200Model, row: RowType, field: ScalarField, use: Use): string {
  const known = MEANINGS[field.name];
  if (known) return known;
  if (field.name === 'sageId')
    return use === 'child'
      ? "Sage 200's id of the row to change; if omitted, a new row is added."
      : "Sage 200's id of this row, unique within its company.";
  if (field.scalar === 'ID') return idMeaning(model, row, field);
  if (field.enumType && use !== 'output') return `One of ${listed(field.enumType.members)}.`;
  if (field.memberList) return `A member of Sage's list \`${field.memberList}\`.`;
  const analysis = /^analysisCode(\d+)(Name)?$/.exec(field.name);
  if (analysis)
    return `${analysis[2] ? 'Name of analysis' : 'Analysis'} code ${analysis[1]}, as set up by the company.`;
  return PLAIN[field.scalar] ?? '';
}

function idMeaning(model: Sage200Model, row: RowType, field: ScalarField): string {
  if (field.refersTo) return `The id of a ${words(field.refersTo)}.`;
  for (const other of row.fields.values())
    if (other.kind === 'linked' && other.key === field.restName && model.rowTypes.has(other.typeName))
      return `The id of \`${other.name}\`, a ${words(other.typeName)}.`;
  return 'An id in Sage.';
}

const sageName = ({ restName }: Pick<Field, 'restName'>): string => `\`${restName}\` in Sage 200.`;

function limits({ maxLength, scale, range }: ScalarField): string {
  const parts = [
    maxLength === undefined ? '' : `${maxLength} characters at most`,
    scale === undefined ? '' : `${scale} decimal places`,
    range === undefined ? '' : `from ${range[0]} to ${range[1]}`,
  ].filter(Boolean);
  return parts.length > 0 ? `${capital(parts.join(', '))}.` : '';
}

/** What callers must know for writing it. */
function duty({ required, createOnly, nonNull }: ScalarField, use: Use): string {
  if (use === 'create' && required) return 'Required.';
  if (use === 'child' && nonNull) return 'Required.';
  return createOnly ? 'Set when the row is created, and never changed afterwards.' : '';
}

function filterDescriber(row: RowType): DescribeField {
  const fields = new Map(filterableFields(row).map((field) => [field.name, field] as const));
  return (name) => {
    const field = name === 'id' ? scalarByRestName(row, 'id') : fields.get(name);
    return CONDITIONS[name] ?? conditionOn(field) ?? OPERATORS[name];
  };
}

function conditionOn(field: ScalarField | undefined): string | undefined {
  if (!field) return undefined;
  if (field.restName === 'id') return "Condition on the row's id, either the global id or Sage 200's own.";
  return field.description ? `Condition on \`${field.name}\`: ${field.description}` : `Condition on \`${field.name}\`.`;
}

const CONDITIONS: Readonly<Record<string, string>> = {
  and: 'All of these must hold.',
  or: 'One of these must hold.',
  not: 'This must not hold.',
};

const PAGES: Readonly<Record<string, string>> = {
  edges: 'The rows, each with its cursor.',
  pageInfo: 'The position of this page in the list.',
  cursor: "The row's position: pass it as `after` to read the rows after it.",
  node: 'The row.',
};

const OPERATORS: Readonly<Record<string, string>> = {
  eq: 'Equal to this; null means empty.',
  ne: 'Not equal to this; null means not empty.',
  in: 'One of these.',
  gt: 'Greater than this.',
  gte: 'Greater than or equal to this.',
  lt: 'Less than this.',
  lte: 'Less than or equal to this.',
  contains: 'Contains this, ignoring case.',
  startsWith: 'Begins with this, ignoring case.',
  endsWith: 'Ends with this, ignoring case.',
};

/** Fields of types that exist only once. */
const SHARED: Readonly<Record<string, string>> = {
  startCursor: 'The cursor of the first row.',
  message: "Sage 200's message, or the gateway's.",
};

/** Fields that nearly every resource has. */
const MEANINGS: Readonly<Record<string, string>> = {
  dateTimeCreated: 'When the row was created, in UTC.',
  dateTimeUpdated: 'When the row was last changed, in UTC.',
};

const PLAIN: Readonly<Record<string, string>> = {
  String: 'A string.',
  Int: 'A whole number.',
  Boolean: 'Yes or no.',
  Sage200Decimal: 'An exact number.',
  Sage200Long: 'A whole number of 64 bits.',
  Sage200Date: 'A calendar day.',
  Sage200DateTime: 'A time in UTC.',
};

const sentences = (...parts: readonly string[]): string => parts.filter(Boolean).join(' ');

/** `SopOrderLine` is "SOP order line". */
const words = (typeName: string, plural = ''): string =>
  `${bareName(typeName)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/\b(sop|pop|vat)\b/g, (initials) => initials.toUpperCase())}${plural}`;

const listed = (members: readonly string[]): string => members.map((member) => `\`${member}\``).join(', ');

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
