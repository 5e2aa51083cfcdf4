import { GatewayError } from '../kit/errors/index.ts';
import type { Principal } from '../kit/principal.ts';
import type { OperationKind, OwnRoot, Subschema } from './subschema.ts';

/** Looks up a root field of the gateway. */
export type RootOf = (name: string) => OwnRoot | undefined;

/** The source of a root field of the gateway; undefined for introspection and for the tenant's fields. */
export type OwnerOf = (name: string) => Subschema | undefined;

/** Root fields of the gateway, by the sources that resolve them. */
export function ownersOf(subschemas: readonly Subschema[]): OwnerOf {
  const owners = new Map<string, Subschema>();
  for (const subschema of subschemas) {
    const { Query, Mutation } = (subschema.own?.resolvers ?? {}) as Readonly<Record<string, object | undefined>>;
    for (const name of [...Object.keys(Query ?? {}), ...Object.keys(Mutation ?? {})]) owners.set(name, subschema);
  }
  return (name) => owners.get(name);
}

/** @throws GatewayError FORBIDDEN for a caller without the right to that source */
export function assertRight({ right, title }: Subschema, principal: Principal, kind: OperationKind): void {
  if (!right || right.isGiven(principal, kind)) return;
  throw new GatewayError(
    'FORBIDDEN',
    `This caller may not use ${title}: it needs the right “${right.title}”. Ask the operator to add it to the caller.`,
  );
}
