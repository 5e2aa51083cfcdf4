/** Whether an object has no members. Lists none of them, since it is asked of every request. */
export function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}
