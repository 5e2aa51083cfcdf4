import { createSourceRights } from '../callers/index.ts';
import { type Path, type SettingsFaults, SettingsReader, type Tree } from '../kit/settings/index.ts';
import { isLoopbackHost } from '../kit/this-machine.ts';
import type { Bringers } from './definition/schema.ts';

/**
 * Checks settings against each other. Works on the text of the file, so that one wrong value
 * does not hide any of these mistakes.
 */
export function checkRules(tree: Tree, faults: SettingsFaults, { callerKinds, tokenKinds, sources }: Bringers): void {
  const file = new SettingsReader(tree);
  const callers = callerKinds.flatMap(({ section }) => file.groups(['callers', section]));
  checkVaultKey(file, faults);
  for (const { section } of sources) section.check?.(file, faults, { tokenKinds, callers });
  checkLinkNames(file, faults);
  for (const caller of callers) checkDefaultTenant(file, faults, caller);
  const rights = createSourceRights(sources);
  for (const kind of callerKinds) kind.check?.(file, faults, rights);
  checkEvents(file, faults);
}

function checkVaultKey(file: SettingsReader, faults: SettingsFaults): void {
  if (file.has(['vault', 'key'])) return;
  const make = 'write key: ${GATEWAY_VAULT_KEY} and set that to the output of `openssl rand -base64 32`';
  if (!(file.text(['vault', 'url']) ?? 'sqlite:').startsWith('sqlite:')) {
    faults.add(['vault', 'key'], `is required, since instances that share a database must share the key; ${make}`);
  } else if (!isLoopbackHost(file.text(['server', 'host']) ?? '127.0.0.1')) {
    faults.add(['vault', 'key'], `is required unless server.host is a loopback address; ${make}`);
  }
}

function checkLinkNames(file: SettingsReader, faults: SettingsFaults): void {
  const seen = new Set<string>();
  for (const link of file.list(['links'])) {
    const type = file.text([...link, 'from'])?.split('.')[0];
    const added = [
      { path: [...link, 'name'], owner: type },
      { path: [...link, 'reverse'], owner: file.text([...link, 'to']) },
    ];
    for (const { path, owner } of added) {
      const field = file.text(path);
      if (field === undefined || owner === undefined) continue;
      if (seen.has(`${owner} ${field}`))
        faults.add(path, `is already added to ${owner} by another link; use another name`);
      seen.add(`${owner} ${field}`);
    }
  }
}

function checkDefaultTenant(file: SettingsReader, faults: SettingsFaults, caller: Path): void {
  const usual = file.text([...caller, 'defaultTenant']);
  const own = file.list([...caller, 'tenants']).flatMap((path) => file.text(path) ?? []);
  if (usual === undefined || own.includes(usual)) return;
  const advice = own.length > 0 ? `use one of ${own.join(', ')}` : 'add it to tenants first';
  faults.add([...caller, 'defaultTenant'], `is not among the tenants of this caller; ${advice}`);
}

function checkEvents(file: SettingsReader, faults: SettingsFaults): void {
  const [url, secret] = [file.has(['events', 'url']), file.has(['events', 'secret'])];
  if (url && !secret) faults.add(['events', 'secret'], 'is required with url; write the secret that signs the events');
  if (secret && !url) faults.add(['events', 'url'], 'is required with secret; write the URL that events are posted to');
}
