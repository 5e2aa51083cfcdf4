import { type DocumentNode, Kind } from 'graphql';
import type { CallerKind } from './caller-kind.ts';

/** `enum GatewayCallerKind`, with a value for each kind. */
export function callerKindsSdl(kinds: readonly CallerKind[]): DocumentNode {
  const text = (value: string) => ({ kind: Kind.STRING, value }) as const;
  const name = (value: string) => ({ kind: Kind.NAME, value }) as const;
  return {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        kind: Kind.ENUM_TYPE_DEFINITION,
        name: name('GatewayCallerKind'),
        description: text('By what a caller is known.'),
        values: kinds.map((kind) => ({
          kind: Kind.ENUM_VALUE_DEFINITION,
          name: name(toCallerKindValue(kind.name)),
          description: text(kind.description),
        })),
      },
    ],
  };
}

/** `apiKey` is `API_KEY`. */
export const toCallerKindValue = (kind: string): string => kind.replace(/[A-Z]/g, '_$&').toUpperCase();
