/**
 * Why a plan does not answer an operation: thrown while it is compiled from a selection that plans do not support, and
 * while it runs on an answer that they do not support (a value is missing that every row has). The fallback executor then
 * answers, using what was already read.
 */
export class Bailout extends Error {
  override readonly name = 'Bailout';
}
