// What a schema of another server says and the classes of graphql-js cannot hold: the text of a default value, and that
// something is deprecated for no reason. Introspection of graphql-js is taught both here, once for all schemas.
import { __EnumValue, __Field, __InputValue, type GraphQLField, type GraphQLObjectType } from 'graphql';

/**
 * A default value as the server wrote it, kept where graphql-js keeps values. It is never evaluated: what a scalar makes of
 * it, only that server knows.
 */
export class DefaultText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Stands where graphql-js keeps the reason of what is deprecated without one. */
export const NO_REASON = '\0';

teach(__InputValue, 'defaultValue', ({ defaultValue }) =>
  defaultValue instanceof DefaultText ? defaultValue.text : undefined,
);
for (const type of [__Field, __InputValue, __EnumValue])
  teach(type, 'deprecationReason', ({ deprecationReason }) => (deprecationReason === NO_REASON ? null : undefined));

type Shown = Readonly<Record<'defaultValue' | 'deprecationReason', unknown>>;

/** Undefined: as graphql-js shows it. */
function teach(type: GraphQLObjectType, name: string, show: (shown: Shown) => string | null | undefined): void {
  const field: GraphQLField<Shown, unknown> | undefined = type.getFields()[name];
  const asBefore = field?.resolve;
  if (!field || !asBefore) throw new Error(`graphql-js shows no ${type.name}.${name}.`);
  field.resolve = (shown, given, context, info) => {
    const own = show(shown);
    return own === undefined ? asBefore(shown, given, context, info) : own;
  };
}
