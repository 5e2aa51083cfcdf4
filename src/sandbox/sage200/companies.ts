import type { CompanyKey, Seed, SiteRow } from '../seed/types.ts';
import type { Catalogue } from './catalogue.ts';
import type { EnumLists } from './enum-lists.ts';
import { toInitialRows } from './seed-rows.ts';
import { createStore, type Store } from './store.ts';
import { createLocks, type Locks } from './writes/locks.ts';

export interface Company {
  readonly store: Store;
  readonly locks: Locks;
}

export interface Companies {
  /** A company's data, opened when first asked for; undefined when there is no such site and company. */
  find(site: string, company: string): Company | undefined;
  close(): void;
}

/** Keeps each company's data apart: company ids repeat across sites, and row ids across companies. */
export function createCompanies(
  seed: Seed,
  catalogue: Catalogue,
  enums: EnumLists,
  sites: readonly SiteRow[],
): Companies {
  const open = new Map<string, Company>();
  return {
    find(site, company) {
      const row = sites.find((entry) => entry.site_id === site && String(entry.company_id) === company);
      if (!row) return undefined;
      const key: CompanyKey = { siteId: row.site_id, companyId: row.company_id };
      const name = `${key.siteId}/${key.companyId}`;
      const known = open.get(name);
      if (known) return known;
      const data = seed.company(key);
      if (!data) return undefined;
      const source = { catalogue, enums, data, sites };
      const store = createStore(catalogue, (resourceName, owner) => toInitialRows(source, resourceName, owner));
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
