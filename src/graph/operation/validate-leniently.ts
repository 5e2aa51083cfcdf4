import { memoize2 } from '@graphql-tools/utils';
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
 * Existing clients write the tenant's input enums as quoted text, which the tenant accepts although GraphQL would not.
 * Introspection shows the enum unchanged; only the check of the literal is left to the tenant.
 */
function ValuesOfCorrectTypeButEnumInputs(context: ValidationContext): ASTVisitor {
  // The rule's visitor has one function for each kind of node, which its type does not say.
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
 * Maximum number of suggestions for one rule. For each, graphql-js compares the name with all others, letter by letter:
 * with the thousands of types of a tenant, that takes a tenth of a second.
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
    // Only long documents have no locations. Comparing a name of a megabyte takes a fifth of a second and 40 MB.
    let left = context.getDocument().definitions.some(({ loc }) => loc) ? most : 0;
    // Read once for each suggestion; the rest of the context is shared by all rules.
    const hideSuggestions = { get: () => context.hideSuggestions || --left < 0 };
    return lenient(Object.create(context, { hideSuggestions }) as ValidationContext);
  };
}

const RULES = specifiedRules.map(sparing);

/** Maximum number of errors; the one with which graphql-js says that there are more is the fiftieth. */
const MOST_FAULTS = 49;

/** GraphQL's own rules, with the exceptions that tenants make. Each document is validated once for each schema. */
export const validateLeniently = memoize2((schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] =>
  validate(schema, document, RULES, { maxErrors: MOST_FAULTS }).map(inOurWords),
);

/** graphql-js can stop in two ways before it has validated everything, and explains neither. */
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
