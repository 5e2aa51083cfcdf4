import fc from 'fast-check';
import { FORGED, HUGE_IDS, TENANT_TEXTS } from './ids-and-texts.ts';
import { DEEP_JSON, SAME_FIELDS } from './json-and-fields.ts';
import { LIST_ALIASES, MANY_ERRORS } from './lists-and-errors.ts';
import { DEEP_VALUES, LONG_NAMES, WRONG_FIELDS } from './names-and-values.ts';
import { type Attack, draws, type Shape } from './parts.ts';

const KINDS: Readonly<Record<string, readonly Shape[]>> = {
  'long names': LONG_NAMES,
  'deep values': DEEP_VALUES,
  'wrong fields': WRONG_FIELDS,
  'huge ids': HUGE_IDS,
  'aliases of lists': LIST_ALIASES,
  'long text for the tenant': TENANT_TEXTS,
  'forged ids and cursors': FORGED,
  'deep JSON': DEEP_JSON,
  'many errors': MANY_ERRORS,
  'the same fields': SAME_FIELDS,
};

export const ATTACK_KINDS: readonly string[] = Object.keys(KINDS);

export interface AttackOptions {
  /** The same number, the same attacks. */
  readonly seed: number;
  readonly eachKind: number;
  /** @default all */
  readonly kinds?: readonly string[];
}

/** Attacks of every kind, each as large as a request may be in one way or another; made one by one, since together they are large. */
export function* makeAttacks({ seed, eachKind, kinds = ATTACK_KINDS }: AttackOptions): Generator<Attack> {
  for (const kind of kinds) {
    const shapes = KINDS[kind] ?? [];
    const drawn = fc.sample(draws, { seed, numRuns: eachKind });
    // Of more shapes than attacks, another seed takes others.
    const from = Math.abs(seed) % shapes.length;
    for (const [index, draw] of drawn.entries()) {
      const [name, make] = shapes[(from + index) % shapes.length] as Shape;
      yield { kind, name, body: make(draw) };
    }
  }
}
