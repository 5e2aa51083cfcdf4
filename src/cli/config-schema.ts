import { printConfigJsonSchema } from '../config/index.ts';
import { type Command, parseOptions } from './command.ts';

/** Prints the JSON Schema of gateway.yaml, for editors. */
export const configSchema: Command = async ({ args, stdout }) => {
  parseOptions(args, {});
  stdout.write(printConfigJsonSchema());
  return 0;
};
