import {
  type ASTVisitFn,
  type ASTVisitor,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  type StringValueNode,
  specifiedRules,
  type ValidationContext,
  ValuesOfCorrectTypeRule,
  validate,
} from 'graphql';

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

const RULES = specifiedRules.map((rule) =>
  rule === ValuesOfCorrectTypeRule ? ValuesOfCorrectTypeButEnumInputs : rule,
);

const verdicts = new WeakMap<GraphQLSchema, WeakMap<DocumentNode, readonly GraphQLError[]>>();

/** GraphQL's own rules, with the exceptions that tenants make. Each document is checked once a schema. */
export function validateLeniently(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  const known = verdicts.get(schema) ?? new WeakMap<DocumentNode, readonly GraphQLError[]>();
  verdicts.set(schema, known);
  const verdict = known.get(document) ?? validate(schema, document, RULES);
  known.set(document, verdict);
  return verdict;
}
