import { createErpData } from './erp/erp-data.ts';
import { companyProfiles, siteRow } from './sage200/profiles.ts';
import { createSage200Data } from './sage200/sage200-data.ts';
import type { CompanyKey, ErpData, Sage200Data, Seed, SeedOptions } from './types.ts';

/**
 * A British wholesaler of fixings and tools, in two forms: as Sage 200 companies and as an ERP tenant. The ERP holds most
 * customers, suppliers and products of the first company under the same keys, and some of its own.
 *
 * Each company has different data under the same ids, so that a mix-up shows.
 */
export function createSeed(options: SeedOptions = {}): Seed {
  const { customers = 200, seed = 1, companies = 2 } = options;
  const profiles = companyProfiles(companies);
  const made = new Map<number, Sage200Data>();
  let erp: ErpData | undefined;

  const dataOf = (index: number): Sage200Data | undefined => {
    const profile = profiles[index];
    if (!profile) return undefined;
    const data = made.get(index) ?? createSage200Data(profile, customers, seed);
    made.set(index, data);
    return data;
  };

  return {
    sites: profiles.map(siteRow),
    company: ({ siteId, companyId }: CompanyKey) =>
      dataOf(profiles.findIndex((profile) => profile.siteId === siteId && profile.companyId === companyId)),
    erp() {
      const first = dataOf(0);
      if (!first) throw new RangeError('The ERP shares the data of the first company, and there is none');
      erp ??= createErpData(first, seed);
      return erp;
    },
  };
}
