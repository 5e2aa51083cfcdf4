/** Thrown while a plan is made: this selection is left to the general executor, and why. */
export class Unplanned extends Error {
  override readonly name = 'Unplanned';
}

/**
 * Thrown while a plan runs: an answer is not what plans are made for (a value is missing that every row has, a number is
 * none). The general executor then says what that means, with what was read already.
 */
export class Unexpected extends Error {
  override readonly name = 'Unexpected';
}
