import { toCallerKindValue } from '../kit/principal.ts';
import type { CallerKind } from './caller-kind.ts';

/** `enum GatewayCallerKind`, with a value for each kind. */
export function callerKindsSdl(kinds: readonly CallerKind[]): string {
  const values = kinds.map(({ name, description }) => `${JSON.stringify(description)} ${toCallerKindValue(name)}\n`);
  return `"How a caller is authenticated."\nenum GatewayCallerKind {\n${values.join('')}}\n`;
}
