import type { ScalarField } from '../model/model.ts';
import { boolean } from './boolean.ts';
import type { Codec } from './codec.ts';
import { date } from './date.ts';
import { dateTime } from './date-time.ts';
import { decimal } from './decimal.ts';
import { int } from './int.ts';
import { long } from './long.ts';
import { lookupMember } from './members.ts';
import { sageId } from './sage-id.ts';
import { text } from './text.ts';

/** Codecs of columns, by the scalar in the SDL. Enum members have a codec for each type. */
export const CODECS: Readonly<Record<string, Codec>> = {
  String: text,
  ID: sageId,
  Int: int,
  Sage200Decimal: decimal,
  Sage200Long: long,
  Sage200Date: date,
  Sage200DateTime: dateTime,
  Boolean: boolean,
};

/** Scalars that are not part of GraphQL. */
export const ownScalars = {
  Sage200Decimal: decimal.scalar,
  Sage200Long: long.scalar,
  Sage200Date: date.scalar,
  Sage200DateTime: dateTime.scalar,
};

/** @throws Error for a scalar that is not in the table: a bug in the SDL, found at start */
export function codecOf({ scalar, enumType, lookup }: Pick<ScalarField, 'scalar' | 'enumType' | 'lookup'>): Codec {
  const codec = lookup === undefined ? (enumType?.codec ?? CODECS[scalar]) : lookupMember;
  if (!codec) throw new Error(`No column can hold a ${scalar}.`);
  return codec;
}
