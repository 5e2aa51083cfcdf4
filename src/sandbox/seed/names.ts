import type { Random } from './random.ts';

export interface Town {
  readonly city: string;
  readonly county: string;
  /** What a postcode there begins with. */
  readonly postcodeArea: string;
  readonly areaCode: string;
  readonly country: string;
}

const town = (city: string, county: string, postcodeArea: string, areaCode: string, country = 'GB'): Town => ({
  city,
  county,
  postcodeArea,
  areaCode,
  country,
});

const HOME_TOWNS = [
  town('Sheffield', 'South Yorkshire', 'S', '0114'),
  town('Leeds', 'West Yorkshire', 'LS', '0113'),
  town('Manchester', 'Greater Manchester', 'M', '0161'),
  town('Birmingham', 'West Midlands', 'B', '0121'),
  town('Bristol', 'Bristol', 'BS', '0117'),
  town('Newcastle upon Tyne', 'Tyne and Wear', 'NE', '0191'),
  town('Cardiff', 'South Glamorgan', 'CF', '029'),
  town('Belfast', 'County Antrim', 'BT', '028'),
  town('Glasgow', 'Lanarkshire', 'G', '0141'),
  town('Norwich', 'Norfolk', 'NR', '01603'),
  town('Exeter', 'Devon', 'EX', '01392'),
  town("King's Lynn", 'Norfolk', 'PE', '01553'),
  town('Ynys Môn', 'Gwynedd', 'LL', '01407'),
  town('Stoke-on-Trent', 'Staffordshire', 'ST', '01782'),
];

const FOREIGN_TOWNS = [
  town('Dublin', 'Dublin', 'D0', '01', 'IE'),
  town('Cork', 'Cork', 'T1', '021', 'IE'),
  town('München', 'Bayern', '80', '089', 'DE'),
  town('Düsseldorf', 'Nordrhein-Westfalen', '40', '0211', 'DE'),
  town('Orléans', 'Loiret', '45', '02', 'FR'),
  town('Utrecht', 'Utrecht', '35', '030', 'NL'),
  town('Kraków', 'Małopolskie', '30', '012', 'PL'),
  town('Columbus', 'Ohio', '43', '614', 'US'),
];

const FIRST_NAMES =
  'Alice Amelia Arjun Aoife Ben Charlotte Chloë Daniel Efua Fergus Grace Harriet Imran Isla Jack Kwame Liam Maya Niamh Oliver Priya Rhys Sofia Siân Tom Zoë'.split(
    ' ',
  );
const LAST_NAMES =
  "Adams Barker Bennett Clarke Cooper Davies D'Arcy Evans Fletcher Green Hughes Hall Iqbal Jones Khan Lewis Marsh Morgan Norris O'Brien Okafor Patel Price Quinn Reid Shah Smith Taylor Turner Underwood Vaughan Walker Wright Young".split(
    ' ',
  );
const TRADES =
  'Garages|Joinery|Engineering|Building Supplies|Plant Hire|Roofing|Fabrications|Ironmongers|Motor Factors|Shopfitters|Marine|Agricultural|Hardware|Interiors|Timber|Metalworks|Tooling|Kitchens|Contractors|Steel Frames|Coachworks|Lifts|Boilers & Pipes|Fencing'.split(
    '|',
  );
const SUPPLY_TRADES = 'Fasteners|Steel|Bolts & Nuts|Packaging|Tools|Adhesives|Zinc Plating|Logistics|Abrasives'.split(
  '|',
);
const STREETS =
  'Station Road|High Street|Mill Lane|Canal Wharf|Riverside Way|Park Lane|Foundry Street|Victoria Works|Enterprise Way|Church Hill'.split(
    '|',
  );

/** Companies differ in the endings of their names, so the same id can never carry the same name in two of them. */
const SUFFIXES = [
  ['Ltd', 'Limited', 'plc', '& Sons', 'LLP'],
  ['(Ireland) Ltd', 'Teoranta', 'DAC', 'Trading Ltd', '& Daughters'],
  ['Partnership', 'Cooperative', 'CIC', 'Holdings Ltd', 'Exports Ltd'],
];

/** Names that break careless programs: quotes, percent, plus, ampersand, brackets, accents, other alphabets. */
const AWKWARD_CUSTOMERS = [
  "O'Brien & Sons Joinery",
  '100% Natural Flooring',
  'A+B Fixings',
  'Müller & Söhne Präzision',
  'Café Zoë Fit-Out',
  "D'Arcy + Partners",
  'Łódź Narzędzia',
  'Ó Súilleabháin Hardware',
  '"Quoted" Signs',
  'Back\\slash Motors',
  'Smith / Jones #1 (Trade)',
  'Ελλάς Εξαρτήματα',
  '株式会社東京工具',
  '<Bold> Prints; Drop Shop',
];
const AWKWARD_SUPPLIERS = ["O'Neill's Bolts & Nuts", 'Größe+Maß Werkzeuge', '50% Alloy', 'Señor Tornillo'];

export const customerName = (random: Random, index: number, company: number): string =>
  partyName(random, index, company, AWKWARD_CUSTOMERS, TRADES);

export const supplierName = (random: Random, index: number, company: number): string =>
  partyName(random, index, company, AWKWARD_SUPPLIERS, SUPPLY_TRADES);

function partyName(
  random: Random,
  index: number,
  company: number,
  awkward: readonly string[],
  trades: readonly string[],
) {
  // Other companies have the awkward names in other rows.
  const stem = awkward[index - 1 - company * 2] ?? `${random.pick(LAST_NAMES)} ${random.pick(trades)}`;
  const suffix = random.pick(SUFFIXES[company % SUFFIXES.length] ?? []);
  return company < SUFFIXES.length ? `${stem} ${suffix}` : `${stem} ${suffix} No. ${company + 1}`;
}

export interface Person {
  readonly firstName: string;
  readonly lastName: string;
}

export const personName = (random: Random): Person => ({
  firstName: random.pick(FIRST_NAMES),
  lastName: random.pick(LAST_NAMES),
});

export const pickTown = (random: Random, foreignShare: number): Town =>
  random.pick(random.chance(foreignShare) ? FOREIGN_TOWNS : HOME_TOWNS);

export const streetLine = (random: Random): string => `${random.int(1, 240)} ${random.pick(STREETS)}`;

export function postcode(random: Random, { postcodeArea, country }: Town): string {
  if (country !== 'GB') return `${postcodeArea}${random.int(100, 999)}`;
  return `${postcodeArea}${random.int(1, 19)} ${random.int(1, 9)}${letter(random)}${letter(random)}`;
}

/** Letters that postcodes use at their end. */
const letter = (random: Random) => random.pick([...'ABDEFGHJLNPQRSTUWXYZ']);

/** For e-mail and web addresses: plain small letters, in the domain reserved for examples. */
export function domainOf(name: string): string {
  const stem = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '');
  return `${stem.slice(0, 24) || 'customer'}.example`;
}

/** Account references as people choose them: three letters of the name and a running number; eight characters at most. */
export function createReferences(): (name: string) => string {
  const used = new Map<string, number>();
  return (name) => {
    const letters = name
      .normalize('NFKD')
      .toUpperCase()
      .replaceAll(/[^A-Z0-9]/g, '');
    const stem = (letters.slice(0, 3) || 'X').padEnd(3, 'X');
    const number = (used.get(stem) ?? 0) + 1;
    used.set(stem, number);
    return stem + String(number).padStart(3, '0');
  };
}
