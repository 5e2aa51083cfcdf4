import {
  type DocumentNode,
  FieldsOnCorrectTypeRule,
  FragmentsOnCompositeTypesRule,
  type GraphQLSchema,
  KnownArgumentNamesRule,
  KnownTypeNamesRule,
  PossibleFragmentSpreadsRule,
  ProvidedRequiredArgumentsRule,
  ScalarLeafsRule,
  specifiedRules,
  ValuesOfCorrectTypeRule,
  VariablesInAllowedPositionRule,
  validate,
} from 'graphql';

/** Whether a document fits a schema, as in `gateway documents check`. */
export interface DocumentGrade {
  /** `note`: invalid in GraphQL but accepted by tenants, such as an enum value in quotes or a number instead of a string. */
  readonly grade: 'ok' | 'FAULT' | 'note';
  /** Why, at most five reasons. */
  readonly reasons: readonly string[];
}

/** Rules that tenants enforce too: names that do not exist, or mean something else. */
const NAMES = [
  KnownTypeNamesRule,
  FieldsOnCorrectTypeRule,
  KnownArgumentNamesRule,
  ProvidedRequiredArgumentsRule,
  ScalarLeafsRule,
  FragmentsOnCompositeTypesRule,
  PossibleFragmentSpreadsRule,
];

/** Tenants are more lenient than GraphQL about values. */
const OTHERS = specifiedRules.filter(
  (rule) => rule !== ValuesOfCorrectTypeRule && rule !== VariablesInAllowedPositionRule,
);

const MOST_REASONS = 5;

/** Whether a document fits a schema, without checking rights or cost. */
export function gradeDocument(schema: GraphQLSchema, document: DocumentNode): DocumentGrade {
  const steps = [['FAULT', NAMES] as const, ['FAULT', OTHERS] as const, ['note', specifiedRules] as const];
  for (const [grade, rules] of steps) {
    const errors = validate(schema, document, rules, { maxErrors: MOST_REASONS }).slice(0, MOST_REASONS);
    if (errors.length > 0) return { grade, reasons: errors.map(({ message }) => message) };
  }
  return { grade: 'ok', reasons: [] };
}
