import type { z } from 'zod';

/** The values that a definition of settings reads, made read-only. */
export type Read<Definition extends z.ZodType> = Fixed<z.output<Definition>>;

type Fixed<Value> = Value extends readonly (infer Item)[]
  ? readonly Fixed<Item>[]
  : Value extends Record<string, unknown>
    ? { readonly [Key in keyof Value]: Fixed<Value[Key]> }
    : Value;
