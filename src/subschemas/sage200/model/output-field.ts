import type { Field, ScalarField } from './model.ts';

/** The type that answers have: of members of an enum their text, since a newer release of Sage 200 may have more of them. */
export const outputScalar = ({ scalar, enumType }: ScalarField): string => (enumType ? 'String' : scalar);

/** What is said of a field in answers: of an enum also its members, as far as they are known. */
export function outputDescription(field: Field): string | undefined {
  const { description } = field;
  if (field.kind !== 'scalar' || !field.enumType) return description;
  const members = field.enumType.members.map((member) => `\`${member}\``).join(', ');
  return `${description === undefined ? '' : `${description} `}One of ${members}, or a member of a newer Sage 200.`;
}
