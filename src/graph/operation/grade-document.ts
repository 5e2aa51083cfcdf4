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

/** Whether a document can be asked of a schema, in the words of `gateway documents check`. */
export interface DocumentGrade {
  /** `note`: GraphQL would refuse it, and a tenant takes it all the same, such as an enum value in quotes or a number where a text belongs. */
  readonly grade: 'ok' | 'FAULT' | 'note';
  /** Why, at most five reasons. */
  readonly reasons: readonly string[];
}

/** What nobody takes: names that are not there, or are there for something else. */
const NAMES = [
  KnownTypeNamesRule,
  FieldsOnCorrectTypeRule,
  KnownArgumentNamesRule,
  ProvidedRequiredArgumentsRule,
  ScalarLeafsRule,
  FragmentsOnCompositeTypesRule,
  PossibleFragmentSpreadsRule,
];

/** Rules about values. A tenant has its own, and is laxer than GraphQL. */
const VALUES = ['ValuesOfCorrectTypeRule', VariablesInAllowedPositionRule.name];
const MOST = { maxErrors: 5 };
const OTHERS = specifiedRules.filter(({ name }) => !VALUES.includes(name));

/** Whether a document fits a schema. What a caller may ask, and what it costs, is not looked at. */
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
