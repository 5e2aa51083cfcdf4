import {
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { bodyType, type RowType, type ScalarField } from '../../../src/subschemas/sage200/model/model.ts';
import { idTarget } from '../../../src/subschemas/sage200/odata/compile-filter.ts';
import type { World } from './world.ts';

/** Makes inputs that Sage has no reason to refuse: ids that exist, members that are known, texts of the full length. */
export class InputMaker {
  readonly #world: World;
  readonly #ids = new Map<string, Promise<string | undefined>>();
  readonly #lookups = new Map<string, Promise<string | undefined>>();
  #reference: Promise<string | undefined> | undefined;
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** A whole input; `full` fills in every member, children one level deep. */
  async make(typeName: string, full: boolean, depth = 0): Promise<Record<string, unknown>> {
    const { model } = this.#world.sage200;
    const input = this.#world.schema.getType(typeName);
    if (!isInputObjectType(input)) throw new Error(`${typeName} is not an input.`);
    const rows = rowNameOf(typeName).flatMap((name) => bodyType(model, name) ?? []);
    const made: Record<string, unknown> = {};
    for (const member of Object.values(input.getFields())) {
      const isAsked = isNonNullType(member.type) || ALWAYS[typeName] === member.name;
      if (!isAsked && (!full || LEFT_OUT.test(member.name))) continue;
      const value = await this.#value(member, rows[0], full, depth);
      if (value !== undefined) made[member.name] = value;
    }
    return made;
  }

  async #value(member: GraphQLInputField, row: RowType | undefined, full: boolean, depth: number): Promise<unknown> {
    const named = getNamedType(member.type);
    const wrap = (value: unknown) => (value !== undefined && isList(member.type) ? [value] : value);
    if (isInputObjectType(named))
      return depth < 1 || isNonNullType(member.type) ? wrap(await this.make(named.name, full, depth + 1)) : undefined;
    if (isEnumType(named)) return wrap(named.getValues()[0]?.name);
    const field = row?.fields.get(member.name);
    const made = await this.#plain(named.name, member.name, field?.kind === 'scalar' ? field : undefined, row);
    return wrap(made ?? (isNonNullType(member.type) ? '1' : undefined));
  }

  async #plain(
    scalar: string,
    name: string,
    field: ScalarField | undefined,
    row: RowType | undefined,
  ): Promise<unknown> {
    switch (scalar) {
      case 'ID':
        return this.id(field && row ? idTarget(row, field) : undefined);
      case 'Int':
        return 1;
      case 'Boolean':
        return false;
      case 'Sage200Decimal':
      case 'Sage200Long':
        return '1';
      case 'Sage200Date':
        return '2026-03-31';
      case 'Sage200DateTime':
        return '2026-03-31T09:30:00Z';
      default:
        return this.#text(name, field, row);
    }
  }

  async #text(name: string, field: ScalarField | undefined, row: RowType | undefined): Promise<string | undefined> {
    if (field?.lookup) return this.lookup(field.lookup);
    const isOwnKey = row?.resource !== undefined && /^(reference|code|sortCode|newCode)$/.test(name);
    if (!isOwnKey && name === 'code') return this.#nominalReference();
    if (!isOwnKey && CODES.test(name)) return undefined;
    this.#count += 1;
    const text = `${this.#count}`.padStart(4, 'x');
    return text.slice(-(field?.maxLength ?? 20));
  }

  #nominalReference(): Promise<string | undefined> {
    this.#reference ??= this.#ask('nominalCodes(first: 1) { nodes { value: reference } }');
    return this.#reference;
  }

  /** Any id of that type; undefined when none is known, so that the member is left out. */
  id(typeName: string | undefined): Promise<string | undefined> {
    const resource = typeName === undefined ? undefined : this.#world.sage200.model.rowTypes.get(typeName)?.resource;
    if (typeName === undefined || !resource?.operations.has('LIST')) return Promise.resolve(undefined);
    const known = this.#ids.get(typeName) ?? this.#ask(`${resource.listField}(first: 1) { nodes { value: sageId } }`);
    this.#ids.set(typeName, known);
    return known;
  }

  /** A member of an enum list. */
  lookup(path: string): Promise<string | undefined> {
    const field = this.#world.sage200.model.lookups.find((lookup) => lookup.path === path);
    const known =
      this.#lookups.get(path) ?? (field ? this.#ask(`${field.name} { value }`) : Promise.resolve(undefined));
    this.#lookups.set(path, known);
    return known;
  }

  async #ask(field: string): Promise<string | undefined> {
    const { data } = await this.#world.run(`{ sage200 { list: ${field} } }`);
    const rows = data?.sage200?.list?.nodes ?? data?.sage200?.list ?? [];
    return rows[0]?.value ?? undefined;
  }
}

/** What Sage wants unless it is set to make it up itself. Source: Sage 200 reference, customers and orders. */
const ALWAYS: Readonly<Record<string, string>> = {
  Sage200CreateCustomerInput: 'reference',
  Sage200CreateSupplierInput: 'reference',
};

/** Codes of other rows, which have to exist; and flags that change what the other fields mean. */
const CODES = /(nominal|reference|costCentre|department|^code$|Code$)/i;
const LEFT_OUT = /^(isToDelete|lockId|sageId|isEditing|cloneFrom)$/;

const rowNameOf = (inputName: string): string[] => {
  const bare = inputName.replace(/^Sage200/, '').replace(/Input$/, '');
  return [inputName, `Sage200${bare.replace(/^(Create|Update)/, '')}`, `Sage200${bare}`];
};

const isList = (type: GraphQLInputType): boolean => isListType(isNonNullType(type) ? type.ofType : type);
