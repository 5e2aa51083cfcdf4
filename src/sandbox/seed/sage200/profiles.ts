import type { CompanyKey, SiteRow } from '../types.ts';

/** The profile of a Sage 200 company: what differs between the companies of the seed. */
export interface CompanyProfile extends CompanyKey {
  /** 0 for the first company. */
  readonly index: number;
  readonly siteName: string;
  readonly siteShortName: string;
  readonly name: string;
  readonly country: 'GB' | 'IE';
  /** Currencies in the order of their ids, the base currency first: the same id is another currency elsewhere. */
  readonly currencies: readonly ('GBP' | 'EUR' | 'USD')[];
  /** Percent. */
  readonly standardTaxRate: number;
  readonly reducedTaxRate: number;
}

const SITES = [
  { siteId: '6f4c1e0a-52b7-4d38-9a61-0c8f2d7b9e11', siteName: 'Hallam Group', siteShortName: 'HALLAM' },
  { siteId: 'b3a90d54-7e1f-4c26-8f05-d2614c7ae9f2', siteName: 'Pennine Holdings', siteShortName: 'PENNINE' },
  { siteId: '0d97c3b8-11a4-4e7b-b6d2-58e3f6a0c4d3', siteName: 'Severn Trade Park', siteShortName: 'SEVERN' },
];

const NAMES = ['Hallam Fixings Ltd', 'Hallam Tools (Ireland) Ltd', 'Pennine Bolt Company Ltd', 'Pennine Export Ltd'];

/** Two companies a site, numbered 1 and 2 in each: company ids repeat across sites, as they do at Sage. */
export const companyProfiles = (count: number): CompanyProfile[] =>
  Array.from({ length: count }, (_, index) => companyProfile(index));

function companyProfile(index: number): CompanyProfile {
  const siteIndex = Math.floor(index / 2);
  const { siteId, siteName, siteShortName } = SITES[siteIndex] ?? {
    siteId: `00000000-0000-4000-8000-${String(siteIndex).padStart(12, '0')}`,
    siteName: `Depot ${siteIndex + 1}`,
    siteShortName: `DEPOT${siteIndex + 1}`,
  };
  const isIrish = index === 1;
  return {
    index,
    siteId,
    siteName,
    siteShortName,
    companyId: (index % 2) + 1,
    name: NAMES[index] ?? `Hallam Branch ${index + 1} Ltd`,
    country: isIrish ? 'IE' : 'GB',
    currencies: isIrish ? ['EUR', 'GBP', 'USD'] : ['GBP', 'EUR', 'USD'],
    standardTaxRate: isIrish ? 23 : 20,
    reducedTaxRate: isIrish ? 13.5 : 5,
  };
}

export const siteRow = (profile: CompanyProfile): SiteRow => ({
  company_id: profile.companyId,
  company_name: profile.name,
  site_id: profile.siteId,
  site_name: profile.siteName,
  site_short_name: profile.siteShortName,
});
