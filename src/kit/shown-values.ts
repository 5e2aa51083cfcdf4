// Parts of another server's schema that the classes of graphql-js cannot hold: the text of a default value, and
// deprecation without a reason. Both are added to graphql-js' introspection here, once for all schemas.
import { __EnumValue, __Field, __InputValue, type GraphQLField, type GraphQLObjectType } from 'graphql';

/**
 * A default value as the server wrote it, kept where graphql-js keeps values. It is never evaluated: only that server knows
 * what a scalar makes of it.
 */
export class DefaultText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Stored as graphql-js' deprecation reason if there is none. */
export const NO_REASON = '\0';

teach(__InputValue, 'defaultValue', ({ defaultValue }) =>
  defaultValue instanceof DefaultText ? defaultValue.text : undefined,
);
for (const type of [__Field, __InputValue, __EnumValue])
  teach(type, 'deprecationReason', ({ deprecationReason }) => (deprecationReason === NO_REASON ? null : undefined));

type Shown = Readonly<Record<'defaultValue' | 'deprecationReason', unknown>>;

/** Undefined: as in graphql-js. */
function teach(type: GraphQLObjectType, name: string, show: (shown: Shown) => string | null | undefined): void {
  const field: GraphQLField<Shown, unknown> | undefined = type.getFields()[name];
  const asBefore = field?.resolve;
  if (!field || !asBefore) throw new Error(`graphql-js shows no ${type.name}.${name}.`);
  field.resolve = (shown, given, context, info) => {
    const own = show(shown);
    return own === undefined ? asBefore(shown, given, context, info) : own;
  };
}
