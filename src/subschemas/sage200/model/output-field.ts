import type { Field, ScalarField } from './model.ts';

/** The type in answers: enum members are text, since a newer release of Sage 200 may have more of them. */
export const outputScalar = ({ scalar, enumType }: ScalarField): string => (enumType ? 'String' : scalar);

/** The description of a field in answers: for an enum including its known members. */
export function outputDescription(field: Field): string | undefined {
  const { description } = field;
  if (field.kind !== 'scalar' || !field.enumType) return description;
  const members = field.enumType.members.map((member) => `\`${member}\``).join(', ');
  return `${description === undefined ? '' : `${description} `}One of ${members}, or a member of a newer Sage 200.`;
}
