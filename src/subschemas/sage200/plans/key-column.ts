import { Bailout } from '../../../kit/bailout.ts';
import { andThen } from '../../../kit/maybe-promise.ts';
import { keyOf, type RowData } from '../row-data.ts';
import type { Column, LinkByKey, PlanRun } from './row-plan.ts';

/** Data that is read by a key in each row, for parsed rows. */
export class KeyColumn implements Column {
  readonly #run: PlanRun;
  readonly #link: LinkByKey;
  readonly #keys: (string | undefined)[] = [];

  constructor(run: PlanRun, link: LinkByKey) {
    this.#run = run;
    this.#link = link;
  }

  add(row: RowData): void {
    this.#keys.push(keyOf(row, this.#link.keyName));
  }

  texts() {
    const { keyName, isNullable, read } = this.#link;
    const keys = [...new Set(this.#keys)].filter((key) => key !== undefined);
    return andThen(read(keys, this.#run), (texts) => {
      const byKey = new Map(keys.map((key, index) => [key, texts[index]]));
      return this.#keys.map((key) => {
        const text = key === undefined ? undefined : byKey.get(key);
        if (text === undefined && !isNullable) throw new Bailout(`what ${keyName} leads to is missing`);
        return text ?? 'null';
      });
    });
  }
}
