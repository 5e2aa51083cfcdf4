import { GraphQLString } from 'graphql';
import type { Codec } from './codec.ts';
import { quoted } from './text.ts';
import { copied } from './tokens.ts';

interface EnumMembers {
  readonly name: string;
  readonly members: readonly string[];
  /** Member by the number some views write instead of the name. */
  readonly byNumber: ReadonlyMap<string, string>;
}

/** One of a closed set of names. A member this schema does not know is null: it must not fail the row. */
export function enumCodec({ name, members, byNumber }: EnumMembers): Codec {
  const names = new Set(members);
  const tokens = new Set(members.map((member) => `"${member}"`));
  return {
    // Nothing but a member is read, so it is printed as it is.
    scalar: GraphQLString,
    read: (value) => (typeof value === 'string' && names.has(value) ? value : (byNumber.get(String(value)) ?? null)),
    isEmptyUnset: false,
    writeToken: (output, source, start, end) =>
      tokens.has(source.toString('latin1', start, end)) && copied(output, source, start, end),
    toLiteral: (value) => quoted(String(value)),
    toBody: (value) => value,
    compare: undefined,
    filter: { name: `${name}Filter`, description: `Conditions on a ${name}.`, operators: ['eq', 'ne', 'in'] },
  };
}
