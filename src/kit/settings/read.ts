import type { z } from 'zod';

/** What a definition of settings reads: nobody changes it afterwards. */
export type Read<Definition extends z.ZodType> = Fixed<z.output<Definition>>;

type Fixed<Value> = Value extends readonly (infer Item)[]
  ? readonly Fixed<Item>[]
  : Value extends Record<string, unknown>
    ? { readonly [Key in keyof Value]: Fixed<Value[Key]> }
    : Value;
