import type { Seed, SiteRow } from '../seed/index.ts';
import type { Catalogue } from './catalogue.ts';
import type { EnumLists } from './enum-lists.ts';
import type { OwnRows } from './own-rows.ts';
import { toInitialRows } from './seed-rows.ts';
import type { KeepStamp } from './stamps.ts';
import { createStore, type Store } from './store.ts';
import { createLocks, type Locks } from './writes/locks.ts';

export interface Company {
  readonly store: Store;
  readonly locks: Locks;
}

export interface Companies {
  /** A company's data, opened when first asked for. */
  find(site: SiteRow): Company;
  close(): void;
}

export interface CompanyOptions {
  readonly enums: EnumLists;
  /** Of the first company, in place of the seeded ones. */
  readonly rows: OwnRows;
  readonly keepStamp: KeepStamp;
}

/** Keeps each company's data apart: company ids repeat across sites, and row ids across companies. */
export function createCompanies(
  seed: Seed,
  catalogue: Catalogue,
  { enums, rows, keepStamp }: CompanyOptions,
): Companies {
  const open = new Map<string, Company>();
  return {
    find({ site_id: siteId, company_id: companyId }) {
      const name = `${siteId}/${companyId}`;
      const known = open.get(name);
      if (known) return known;
      const data = seed.company({ siteId, companyId });
      if (!data) throw new Error(`The seed lists company ${name} and has no data for it.`);
      const [first] = seed.sites;
      const own = first?.site_id === siteId && first.company_id === companyId ? rows : {};
      const source = { catalogue, enums, data, sites: seed.sites, own };
      const store = createStore(
        catalogue,
        (resourceName, owner) => toInitialRows(source, resourceName, owner),
        keepStamp,
      );
      const made = { store, locks: createLocks() };
      open.set(name, made);
      return made;
    },
    close() {
      for (const { store } of open.values()) store.close();
      open.clear();
    },
  };
}
