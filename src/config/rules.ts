import { isLoopbackHost } from '../kit/this-machine.ts';
import type { FaultList } from './faults/fault-list.ts';
import { type Path, type Tree, valueAt } from './yaml-file.ts';

/**
 * What settings must be to each other. Works on the texts of the file, so that one wrong value
 * somewhere hides none of these faults.
 */
export function checkRules(tree: Tree, faults: FaultList): void {
  const file = new Reader(tree);
  checkExposure(file, faults);
  checkSage200(file, faults);
  checkNames(file, faults);
  checkTenantNames(file, faults);
  checkConnections(file, faults);
  checkPassThrough(file, faults);
  checkEvents(file, faults);
}

function checkExposure(file: Reader, faults: FaultList): void {
  const host = file.text(['server', 'host']) ?? '127.0.0.1';
  const loopback = isLoopbackHost(host);
  if (!loopback && file.has(['callers', 'anonymous'])) {
    faults.add(
      ['callers', 'anonymous'],
      `would let in everybody who reaches ${host}; listen on 127.0.0.1, or remove it and give callers API keys`,
    );
  }
  const publicUrl = file.text(['server', 'publicUrl']);
  const name = publicUrl === undefined ? undefined : URL.parse(publicUrl)?.hostname;
  if (loopback && name !== undefined && !isLoopbackHost(name) && file.has(['callers', 'anonymous'])) {
    faults.add(
      ['callers', 'anonymous'],
      `would let in everybody who reaches ${name} (server.publicUrl); remove it and give callers API keys, or leave publicUrl out`,
    );
  }
  if (file.has(['vault', 'key'])) return;
  const make = 'write key: ${GATEWAY_VAULT_KEY} and set that to the output of `openssl rand -base64 32`';
  if (!(file.text(['vault', 'url']) ?? 'sqlite:').startsWith('sqlite:')) {
    faults.add(['vault', 'key'], `is missing, and instances that share a database must share the key; ${make}`);
  } else if (!loopback) {
    faults.add(['vault', 'key'], `is missing, and one is made only while server.host is a loopback address; ${make}`);
  }
}

function checkSage200(file: Reader, faults: FaultList): void {
  const has = (key: string) => file.has(['sage200', key]);
  if (has('site') && !has('company')) {
    faults.add(['sage200', 'company'], 'is missing beside site; write both, since company ids repeat across sites');
  }
  if (has('company') && !has('site')) {
    faults.add(['sage200', 'site'], 'is missing beside company; write both, since company ids repeat across sites');
  }
  if (has('clientSecret') && !has('clientId')) {
    faults.add(['sage200', 'clientId'], 'is missing beside clientSecret; write the client id that Sage gave with it');
  }
}

/** Names that would hide one another. */
function checkNames(file: Reader, faults: FaultList): void {
  const tenants = file.list(['erp', 'tenants']);
  unique(file, faults, tenants, 'name', 'is the name of another tenant already; write a name of its own');
  for (const tenant of tenants) {
    const name = file.text([...tenant, 'name']);
    const other = tenants.find((path) => path !== tenant && file.text([...path, 'tenantId']) === name);
    // X-Tenant takes either.
    if (name !== undefined && other) faults.add([...tenant, 'name'], 'is the id of another tenant; write another name');
  }
  const keys = file.list(['callers', 'apiKeys']);
  unique(file, faults, keys, 'name', 'is the name of another key already; write a name of its own');
  unique(file, faults, keys, 'sha256', 'is the sum of another key already; make a key for each program');
  checkLinkNames(file, faults);
}

function checkLinkNames(file: Reader, faults: FaultList): void {
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
        faults.add(path, `is added to ${owner} by another link already; write another name`);
      seen.add(`${owner} ${field}`);
    }
  }
}

function checkTenantNames(file: Reader, faults: FaultList): void {
  const known = file.list(['erp', 'tenants']).map((tenant) => file.text([...tenant, 'name']));
  const callers: Path[] = [
    ['callers', 'sessions'],
    ['callers', 'passThrough'],
    ['callers', 'anonymous'],
    ...file.list(['callers', 'apiKeys']),
  ];
  for (const caller of callers) checkDefaultTenant(file, faults, caller);
  const names = known.filter((name) => name !== undefined).join(', ');
  const advice = names ? `write one of ${names}` : 'list the tenant there first';
  for (const path of callers.flatMap((caller) => file.list([...caller, 'tenants']))) {
    const name = file.text(path);
    if (name !== undefined && !known.includes(name)) faults.add(path, `is not a tenant of erp.tenants; ${advice}`);
  }
}

function checkDefaultTenant(file: Reader, faults: FaultList, caller: Path): void {
  const usual = file.text([...caller, 'defaultTenant']);
  const own = file.list([...caller, 'tenants']).flatMap((path) => file.text(path) ?? []);
  if (usual === undefined || own.includes(usual)) return;
  const advice = own.length > 0 ? `write one of ${own.join(', ')}` : 'list it under tenants first';
  faults.add([...caller, 'defaultTenant'], `is not among the tenants of this caller; ${advice}`);
}

/** A genuine token says who somebody is, and never by itself what they may do. */
function checkPassThrough(file: Reader, faults: FaultList): void {
  const path = ['callers', 'passThrough'];
  if (file.list([...path, 'tenants']).length > 0 && file.list([...path, 'allow']).length === 0) {
    faults.add(
      [...path, 'allow'],
      'is missing beside tenants, which the gateway asks with its own rights; write who may call, such as `allow: [jane@example.com]`, or the sub of their tokens',
    );
  }
  if (
    file.isGroup(path) &&
    file.has(['sage200']) &&
    !file.has(['sage200', 'clientId']) &&
    file.list([...path, 'clients']).length === 0
  ) {
    faults.add(
      [...path, 'clients'],
      'is missing, and there is no sage200.clientId; write the client ids whose tokens are accepted',
    );
  }
}

function checkConnections(file: Reader, faults: FaultList): void {
  const callers: Path[] = [['callers', 'anonymous'], ...file.list(['callers', 'apiKeys'])];
  const wanted = callers.map((caller) => [...caller, 'connection']).filter((path) => file.has(path));
  if (file.isGroup(['callers', 'passThrough'])) wanted.push(['callers', 'passThrough']);
  if (!file.has(['sage200'])) {
    for (const path of wanted) faults.add(path, 'needs Sage 200; write the section sage200, or remove this');
    return;
  }
  const connection = wanted.find((path) => path.at(-1) === 'connection');
  if (connection && !file.has(['sage200', 'clientId'])) {
    faults.add(['sage200', 'clientId'], 'is missing, and connections are renewed with it; write the one Sage gave you');
  }
}

function checkEvents(file: Reader, faults: FaultList): void {
  const [url, secret] = [file.has(['events', 'url']), file.has(['events', 'secret'])];
  if (url && !secret)
    faults.add(['events', 'secret'], 'is missing beside url; write what the events shall be signed with');
  if (secret && !url) faults.add(['events', 'url'], 'is missing beside secret; write where the events shall be posted');
}

function unique(file: Reader, faults: FaultList, items: readonly Path[], key: string, message: string): void {
  const seen = new Set<string>();
  for (const item of items) {
    const text = file.text([...item, key])?.toLowerCase();
    if (text === undefined) continue;
    if (seen.has(text)) faults.add([...item, key], message);
    seen.add(text);
  }
}

/** Looks things up in a tree of any shape. */
class Reader {
  readonly #tree: Tree;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  has(path: Path): boolean {
    return valueAt(this.#tree, path) !== undefined;
  }

  text(path: Path): string | undefined {
    const value = valueAt(this.#tree, path);
    return typeof value === 'string' ? value : undefined;
  }

  isGroup(path: Path): boolean {
    const value = valueAt(this.#tree, path);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  }

  /** Paths of a list's items. */
  list(path: Path): Path[] {
    const value = valueAt(this.#tree, path);
    return Array.isArray(value) ? value.map((_, index) => [...path, index]) : [];
  }
}
