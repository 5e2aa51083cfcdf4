import { z } from 'zod';
import { andThen } from '../../kit/maybe-promise.ts';
import type { Read } from '../../kit/settings/index.ts';
import { isLoopbackHost } from '../../kit/this-machine.ts';
import type { CallerKind } from '../caller-kind.ts';
import { toSage200Identity } from '../sage200-identity.ts';
import type { SourceRights } from '../source-rights.ts';
import { companies, connection, defaultTenant, readOnly, tenants } from './rights.ts';

const settings = (rights: SourceRights) =>
  z
    .strictObject({
      connection: connection(),
      companies: companies().prefault('all'),
      tenants: tenants(),
      defaultTenant: defaultTenant(),
      readOnly: readOnly(true),
      // Nobody may make changes with the gateway's own rights without authentication.
      ...rights.settings(['none', 'read']),
    })
    .optional()
    .describe('Callers without credentials. Only allowed if server.host and server.publicUrl are this machine.');

/** Callers without credentials: only people at this machine, and only if nobody else can reach the gateway. */
export const anonymous: CallerKind<'anonymous', Read<ReturnType<typeof settings>>> = {
  name: 'anonymous',
  description: 'No credentials, on a loopback host.',
  section: 'anonymous',
  settings,
  atMost: { admin: 'whenAlone', tenants: true },
  admits: () => false,
  check(file, faults) {
    if (!file.has(['callers', 'anonymous'])) return;
    const host = file.text(['server', 'host']) ?? '127.0.0.1';
    if (!isLoopbackHost(host)) {
      faults.add(
        ['callers', 'anonymous'],
        `would admit everybody who can reach ${host}; listen on 127.0.0.1, or remove this and give callers API keys`,
      );
      return;
    }
    const publicUrl = file.text(['server', 'publicUrl']);
    const name = publicUrl === undefined ? undefined : URL.parse(publicUrl)?.hostname;
    if (name === undefined || isLoopbackHost(name)) return;
    faults.add(
      ['callers', 'anonymous'],
      `would admit everybody who can reach ${name} (server.publicUrl); remove this and give callers API keys, or remove publicUrl`,
    );
  },
  create(given, parts) {
    if (!given) return {};
    const { connection: connectionName, ...rights } = given;
    return {
      ofRequest(request) {
        if (!parts.isHere(request)) return undefined;
        return andThen(toSage200Identity(connectionName, parts.connection), (sage200) => ({
          id: 'anonymous',
          kind: 'anonymous',
          ...sage200,
          ...rights,
          admin: parts.isAlone,
        }));
      },
    };
  },
};
