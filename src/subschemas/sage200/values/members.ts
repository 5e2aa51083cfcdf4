import { GraphQLString } from 'graphql';
import type { Codec, FilterOperator } from './codec.ts';
import { quoted, readText } from './text.ts';
import { PLAIN_TEXT } from './tokens.ts';

/** Called with the enum whose member is not in the SDL. */
export type OnUnknownMember = (enumName: string) => void;

interface EnumMembers {
  readonly name: string;
  readonly members: readonly string[];
  /** Members by number, which some views write instead of the name. */
  readonly byNumber: ReadonlyMap<string, string>;
  readonly onUnknown: OnUnknownMember;
}

/** A text that is neither a number nor empty. */
const NAME_PATTERN = String.raw`("(?![\d"-])${PLAIN_TEXT}")`;

const OPERATORS: readonly FilterOperator[] = ['eq', 'ne', 'in'];

/** Members of Sage's own lists: in answers, text as Sage sent it, since a newer release may have more of them. */
const member: Omit<Codec, 'filter'> = {
  scalar: GraphQLString,
  read: memberText,
  isEmptyUnset: true,
  token: { pattern: NAME_PATTERN },
  toLiteral: (value) => quoted(String(value)),
  toBody: (value) => value,
  compare: undefined,
};

/** A column with a list of Sage whose members are not in the SDL. */
export const lookupMember: Codec = {
  ...member,
  filter: {
    name: 'Sage200LookupFilter',
    description: "Conditions on a text that is one of an enum list's values.",
    operators: OPERATORS,
  },
};

/** One of the names in the SDL. An unknown member is passed on, and reported. */
export function enumCodec({ name, members, byNumber, onUnknown }: EnumMembers): Codec {
  const names = new Set(members);
  const tokens = new Set(members.map((each) => `"${each}"`));
  return {
    ...member,
    read(value) {
      const text = memberText(value);
      const found = text === null ? null : (byNumber.get(text) ?? text);
      if (found !== null && !names.has(found) && !isMemberNumber(found)) onUnknown(name);
      return found;
    },
    token: {
      pattern: NAME_PATTERN,
      write(taken) {
        if (!tokens.has(taken)) onUnknown(name);
        return taken;
      },
    },
    filter: { name: `${name}Filter`, description: `Conditions on a ${name}.`, operators: OPERATORS },
  };
}

function memberText(value: unknown): string | null {
  return value === '' ? null : readText(value);
}

/** Whether a member is a number, whose name is in Sage's own list. */
export const isMemberNumber = (text: string): boolean => /^-?\d{1,9}$/.test(text);
