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

/** Rules about values, where tenants are more lenient than GraphQL. */
const VALUES = ['ValuesOfCorrectTypeRule', VariablesInAllowedPositionRule.name];
const MOST = { maxErrors: 5 };
const OTHERS = specifiedRules.filter(({ name }) => !VALUES.includes(name));

/** Whether a document fits a schema, without checking rights or cost. */
export function gradeDocument(schema: GraphQLSchema, document: DocumentNode): DocumentGrade {
  const wordsOf = (rules: typeof NAMES) =>
    validate(schema, document, rules, MOST)
      .slice(0, MOST.maxErrors)
      .map(({ message }) => message);
  const missing = wordsOf(NAMES);
  const faults = missing.length > 0 ? missing : wordsOf(OTHERS);
  if (faults.length > 0) return { grade: 'FAULT', reasons: faults };
  const reasons = wordsOf([...specifiedRules]);
  return { grade: reasons.length > 0 ? 'note' : 'ok', reasons };
}
