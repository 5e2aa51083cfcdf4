import { GatewayError } from '../../../../kit/errors/index.ts';

/** The path to a value in the arguments of a mutation. */
export type InputPath = readonly (string | number)[];

export const inputFault = (inputPath: InputPath, message: string): GatewayError =>
  new GatewayError('BAD_USER_INPUT', `${inputPath.join('.')}: ${message}`, { details: { inputPath } });
