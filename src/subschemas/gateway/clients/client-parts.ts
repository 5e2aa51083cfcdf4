import { GatewayError } from '../../../kit/errors/index.ts';
import type { Principal } from '../../../kit/principal.ts';
import type { ClientAdmin, ClientDirectory, ServedClients } from '../../../tokens/index.ts';

export interface ClientParts {
  readonly directory: Pick<ClientDirectory, 'list' | 'find' | 'keysOf'>;
  readonly served: Pick<ServedClients, 'isShadowed'>;
  readonly admin: ClientAdmin;
}

/** @throws GatewayError FORBIDDEN */
export function assertAdmin({ admin }: Principal): void {
  if (!admin) throw new GatewayError('FORBIDDEN', 'Only callers with admin: true may read clients.', SOURCE);
}

const SOURCE = { source: 'gateway' };
