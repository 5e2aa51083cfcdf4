import {
  type ASTVisitFn,
  type ASTVisitor,
  type DocumentNode,
  FieldsOnCorrectTypeRule,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  KnownArgumentNamesRule,
  KnownTypeNamesRule,
  type StringValueNode,
  specifiedRules,
  type ValidationContext,
  type ValidationRule,
  ValuesOfCorrectTypeRule,
  validate,
} from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';

/**
 * Clients in the field write the tenant's input enumerations as quoted text, which the tenant takes although GraphQL
 * would not. Introspection shows the enumeration as it is; only the check of the literal is left to the tenant.
 */
function ValuesOfCorrectTypeButEnumInputs(context: ValidationContext): ASTVisitor {
  // The rule's visitor has one function a kind of node, which its type does not say.
  const strict = ValuesOfCorrectTypeRule(context) as { readonly StringValue?: ASTVisitFn<StringValueNode> };
  return {
    ...strict,
    StringValue: (...visit: Parameters<ASTVisitFn<StringValueNode>>): unknown => {
      const type = getNamedType(context.getInputType());
      return isEnumType(type) && type.name.endsWith('_EnumInput') ? undefined : strict.StringValue?.(...visit);
    },
  };
}

/**
 * Faults of one rule that say what was perhaps meant. For each, graphql-js compares the name with all there are, letter by
 * letter: with those of the thousands of types of a tenant that takes a tenth of a second.
 */
const MOST_SUGGESTIONS = new Map<ValidationRule, number>([
  [KnownTypeNamesRule, 1],
  [FieldsOnCorrectTypeRule, 10],
  [KnownArgumentNamesRule, 10],
  [ValuesOfCorrectTypeRule, 10],
]);

function sparing(rule: ValidationRule): ValidationRule {
  const most = MOST_SUGGESTIONS.get(rule);
  const lenient = rule === ValuesOfCorrectTypeRule ? ValuesOfCorrectTypeButEnumInputs : rule;
  if (most === undefined) return lenient;
  return (context) => {
    // Only of long documents it is not known where anything stands. A name of a megabyte takes a fifth of a second and 40 MB to compare.
    let left = context.getDocument().definitions.some(({ loc }) => loc) ? most : 0;
    // Asked once for each suggestion; the rest of the context is the one that all rules share.
    const hideSuggestions = { get: () => context.hideSuggestions || --left < 0 };
    return lenient(Object.create(context, { hideSuggestions }) as ValidationContext);
  };
}

const RULES = specifiedRules.map(sparing);

const verdicts = new WeakMap<GraphQLSchema, WeakMap<DocumentNode, readonly GraphQLError[]>>();

/** Faults that are looked for; what graphql-js adds to say that there are more makes fifty of them. */
const MOST_FAULTS = 49;

/** GraphQL's own rules, with the exceptions that tenants make. Each document is checked once a schema. */
export function validateLeniently(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  const known = verdicts.get(schema) ?? new WeakMap<DocumentNode, readonly GraphQLError[]>();
  verdicts.set(schema, known);
  const verdict = known.get(document) ?? validate(schema, document, RULES, { maxErrors: MOST_FAULTS }).map(inOurWords);
  known.set(document, verdict);
  return verdict;
}

/** graphql-js ends in two ways before it has looked at everything, and says neither what that means nor what to do. */
function inOurWords(error: GraphQLError): GraphQLError {
  switch (error.message) {
    case 'Too many validation errors, error limit reached. Validation aborted.':
      return new GraphQLError('This document has more errors than are listed. Fix these and send it again.');
    case 'Validation aborted.': {
      const message =
        'This document selects the same fields too often. Select each field once, or split it into several operations.';
      return new GraphQLError(message, { extensions: new GatewayError('COST_EXCEEDED', message).toExtensions() });
    }
    default:
      return error;
  }
}
