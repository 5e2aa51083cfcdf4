import { createMemo } from '../../kit/memo.ts';

/** Most clients send the same few values all the time; what a stranger sends must not fill the memory. */
const MAX_VALUES = 100;
const MAX_CHARS = 200;

/** The same function, which reads what it has read before only once. For what depends on nothing but the text. */
export function remembered<Value>(read: (text: string) => Value): (text: string) => Value {
  const known = createMemo<Value>(MAX_VALUES);
  return (text) => (text.length > MAX_CHARS ? read(text) : known(text, () => read(text)));
}
