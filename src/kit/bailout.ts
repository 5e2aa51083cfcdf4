/**
 * A plan does not answer this operation, and why: thrown while it is made of a selection that plans are not for, and while
 * it runs on an answer that they are not made for (a value is missing that every row has). The fallback executor then
 * answers, with what was read already.
 */
export class Bailout extends Error {
  override readonly name = 'Bailout';
}
