import type { Catalogue, Resource } from './catalogue.ts';

export interface EnumMember {
  readonly id: number;
  readonly value: string;
  readonly description: string;
}

export interface EnumLists {
  members(list: string): readonly EnumMember[];
  /** The name of a member given by number or name; any name where no member of the list is known. */
  lookUp(list: string, numberOrName: string): string | undefined;
  /** The number a member has in views; members beyond the known ones have none. */
  numberOf(list: string, value: string): number | undefined;
}

/** Members that the seeded data uses, of lists none of whose members is known. */
const SEEDED: Readonly<Record<string, readonly string[]>> = {
  nominal_account_types: ['NominalAccountTypePosting', 'NominalAccountTypeGroup', 'NominalAccountTypeMemo'],
  warehouse_types: ['EnumWarehouseTypeTrading', 'EnumWarehouseTypeNonTrading'],
  sop_document_process_status_types: ['None', 'Part', 'Full'],
  pop_document_process_status_types: ['None', 'Part', 'Full'],
};

/**
 * The fixed lists of enum members. Numbers follow the listed order; where only labels are documented, the value is
 * made from the label, and where nothing is, two members are made up (both inferred).
 */
export function createEnumLists(catalogue: Catalogue): EnumLists {
  const lists = new Map<string, readonly EnumMember[]>();
  for (const resource of catalogue.resources.values()) {
    if (resource.kind === 'lookup') lists.set(resource.name, toMembers(resource));
  }
  const isMadeUp = (list: string) => (catalogue.resources.get(list)?.values.length ?? 0) === 0;
  const members = (list: string) => lists.get(list) ?? [];
  return {
    members,
    lookUp(list, numberOrName) {
      const byNumber = /^\d+$/.test(numberOrName);
      const found = members(list).find((member) =>
        byNumber ? member.id === Number(numberOrName) : member.value.toLowerCase() === numberOrName.toLowerCase(),
      );
      return found?.value ?? (isMadeUp(list) && !byNumber ? numberOrName : undefined);
    },
    numberOf: (list, value) => members(list).find((member) => member.value === value)?.id,
  };
}

function toMembers(resource: Resource): EnumMember[] {
  const known = resource.values.length > 0 ? resource.values : SEEDED[resource.name];
  const texts = known ?? ['Default', 'Other'].map((end) => madeUpName(resource, end));
  return texts.map((text, id) => {
    const [value = '', label] = text.split('|');
    if (value === '') return { id, value: pascalCase(label ?? ''), description: label ?? '' };
    return { id, value, description: label ?? wordsOf(value) };
  });
}

const madeUpName = (resource: Resource, end: string) => pascalCase(resource.name.replace(/_types?$/, '')) + end;

const pascalCase = (text: string) =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

const wordsOf = (value: string) => value.replace(/^Enum/, '').replace(/([a-z])([A-Z])/g, '$1 $2');
