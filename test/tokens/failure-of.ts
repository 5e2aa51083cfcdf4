import { inspect } from 'node:util';
import { GatewayError } from '../../src/kit/errors/index.ts';

/** What the work fails with; anything but an error of the gateway's own fails the test. */
export const failureOf = async (work: Promise<unknown>): Promise<GatewayError> => {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof GatewayError) return failure;
  throw new Error(`expected a GatewayError, got ${inspect(failure)}`);
};
