import { randomBytes } from 'node:crypto';
import type { ErpData } from '../seed/index.ts';
import { loadMeta } from './data/load-meta.ts';
import { loadSeed } from './data/load-seed.ts';
import { Store } from './data/store.ts';
import type { ServedRelease } from './model/build-release.ts';
import { CURRENT_RELEASE, releaseAfter } from './model/releases.ts';
import { Jobs } from './operations/jobs.ts';

export interface ErpTenantOptions {
  /** For people and switches: `acme`. */
  readonly name: string;
  /** What token requests carry. */
  readonly tenantId: string;
  /** Rows of the tenant, asked for at its first use. */
  readonly data: () => ErpData;
  /** `2025.R7`, `2025.R8` or `2025.R9`. @default '2025.R8' */
  readonly release?: string;
  /** About how many types the schema has; generated nodes fill up. @default 0, no generated ones */
  readonly types?: number;
  /** Whether the application has its API user here; without one no token is given. @default true */
  readonly hasApiUser?: boolean;
}

/** One tenant: its address, its release and its records. */
export class Tenant {
  readonly name: string;
  readonly tenantId: string;
  readonly types: number;
  readonly jobs = new Jobs();
  hasApiUser: boolean;
  release: string;
  /** Cannot be guessed: the address is known only from a token answer. */
  path = newPath();
  /** Its former addresses. */
  readonly leftPaths = new Set<string>();
  readonly #data: () => ErpData;
  #filled: { readonly store: Store; readonly user: number } | undefined;

  constructor({ name, tenantId, data, release = CURRENT_RELEASE, types = 0, hasApiUser = true }: ErpTenantOptions) {
    this.name = name;
    this.tenantId = tenantId;
    this.release = release;
    this.types = types;
    this.hasApiUser = hasApiUser;
    this.#data = data;
  }

  /** The records in the shape of `served`, filled from the seed at the first use. */
  records(served: ServedRelease): { readonly store: Store; readonly user: number } {
    if (!this.#filled) {
      const store = new Store(served.model);
      this.#filled = { store, user: loadSeed(store, this.#data()) };
      loadMeta(store, served.model);
    } else if (this.#filled.store.model !== served.model) {
      this.#filled.store.model = served.model;
      loadMeta(this.#filled.store, served.model);
    }
    return this.#filled;
  }

  /** Moves to another region: it gets a new address, and the old one stops working. */
  move(): void {
    this.leftPaths.add(this.path);
    this.path = newPath();
  }

  /** Upgrades to the next release, with its records. @returns its name. @throws Error on the newest one. */
  upgrade(): string {
    const next = releaseAfter(this.release);
    if (!next) throw new Error(`${this.name} is on the newest release, ${this.release}`);
    this.release = next.name;
    for (const { enum: name, member, becomes } of next.drops) this.#migrate(name, member, becomes);
    return next.name;
  }

  #migrate(enumName: string, member: string, becomes: string): void {
    const store = this.#filled?.store;
    for (const node of store?.model.nodes.values() ?? []) {
      for (const { column, typeName } of node.columns.values()) {
        if (typeName !== enumName) continue;
        for (const row of store?.byColumn(node.name, column, member) ?? []) {
          store?.update(node.name, row, { [column]: becomes });
        }
      }
    }
  }
}

const newPath = (): string => `/${randomBytes(18).toString('base64url')}/api`;
