import { Counter, type Registry } from 'prom-client';
import type { OnUnknownMember } from './values/members.ts';

/** Enum members in Sage's answers that are not in the schema: a newer release has more of them. */
export function countUnknownMembers(registry: Registry | undefined): OnUnknownMember | undefined {
  if (!registry) return undefined;
  const counter = new Counter({
    name: 'gateway_sage200_unknown_members_total',
    help: 'Sage 200 values that are not known members of their enum',
    labelNames: ['enum'],
    registers: [registry],
  });
  return (name) => counter.inc({ enum: name });
}
