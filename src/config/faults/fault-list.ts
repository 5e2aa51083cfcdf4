import type { z } from 'zod';
import { type Path, type SettingsFaults, type Tree, valueAt } from '../../kit/settings/index.ts';
import { configJsonSchema, type JsonSchema } from '../definition/json-schema.ts';
import type { ConfigFileSchema } from '../definition/schema.ts';
import type { Position, SettingsFile } from '../settings-file.ts';
import { ConfigError, type ConfigFault } from './config-error.ts';
import { suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** Collects all mistakes, so that people can fix them all at once. */
export class FaultList implements SettingsFaults {
  readonly #label: string;
  readonly #file: SettingsFile;
  readonly #definition: ConfigFileSchema;
  readonly #faults: (ConfigFault & { readonly order: number })[] = [];
  readonly #paths = new Set<string>();
  #schema: JsonSchema | undefined;

  constructor(label: string, file: SettingsFile, definition: ConfigFileSchema) {
    this.#label = label;
    this.#definition = definition;
    this.#file = file;
    for (const { path, position, message } of file.faults) this.#push(path, { ...position, message });
  }

  /** Adds a mistake in the setting at `path`. Only the first one is kept: the others usually follow from it. */
  add(path: Path, message: string, position = this.#file.positionOf(path)): void {
    if (this.#paths.has(JSON.stringify(path))) return;
    this.#push(path, { ...position, message: `${toDotted(path)} ${this.#quoted(path)}${message}` });
  }

  addVariable(name: string, message: string): void {
    this.#faults.push({ where: `environment variable ${name}`, message, order: 0 });
  }

  /** Adds messages for what the definition found wrong in `tree`. */
  addIssue(issue: Issue, tree: Tree, under: Path = []): void {
    const path = [...under, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) this.#addUnknown([...path, key]);
      return;
    }
    if (issue.code === 'invalid_union') {
      // The alternative whose shape matches gives a better message than "none matches".
      const fitting = issue.errors.find((all) =>
        all.every(({ code, path: { length } }) => length > 0 || code === 'unrecognized_keys'),
      );
      for (const inner of fitting ?? []) this.addIssue(inner, tree, path);
      if (fitting) return;
    }
    this.add(path, wording(issue, valueAt(tree, path)));
  }

  /** @throws ConfigError unless the list is empty. */
  throwIfAny(): void {
    if (this.#faults.length === 0) return;
    const ordered = this.#faults.toSorted((a, b) => a.order - b.order);
    throw new ConfigError(ordered.map(({ order: _, ...fault }) => fault));
  }

  #push(path: Path | undefined, fault: Partial<Position> & { message: string }): void {
    if (path) this.#paths.add(JSON.stringify(path));
    this.#faults.push({ where: this.#label, ...fault, order: (fault.line ?? 0) * 10_000 + (fault.column ?? 0) });
  }

  /** The value and a space, if it may be shown: not a secret, and not from the environment. */
  #quoted(path: Path): string {
    const value = valueAt(this.#file.tree, path);
    if (typeof value !== 'string' || value.length > 60 || this.#file.isSecret(path)) return '';
    // A URL may contain a password or token.
    if (/:\/\/.*[@?]/.test(value)) return '';
    const schemas = this.#schemasAt(path);
    const shown = schemas.every(({ writeOnly, properties, items }) => writeOnly !== true && !properties && !items);
    return shown && schemas.length > 0 ? `${JSON.stringify(value)} ` : '';
  }

  #addUnknown(path: Path): void {
    const key = String(path.at(-1));
    const known = this.#schemasAt(path.slice(0, -1)).flatMap(({ properties = {} }) => Object.keys(properties));
    const near = suggest(key, known) ?? suggestElsewhere(key, path, this.#root());
    const advice = near ? `did you mean ${near}?` : `remove it, or use one of ${known.join(', ')}`;
    this.add(path, `is not a setting; ${advice}`, this.#file.positionOfKey(path));
  }

  #root(): JsonSchema {
    this.#schema ??= configJsonSchema(this.#definition);
    return this.#schema;
  }

  #schemasAt(path: Path): JsonSchema[] {
    let found: JsonSchema[] = [this.#root()];
    for (const key of path) {
      const inner = found.map(({ items, properties }) => (typeof key === 'number' ? items : properties?.[key]));
      found = inner.filter((schema) => schema !== undefined).flatMap((schema) => [schema, ...(schema.anyOf ?? [])]);
    }
    return found;
  }
}

function wording(issue: Issue, value: Tree | undefined): string {
  if (value === undefined || value === null)
    return issue.message.startsWith('is required') ? issue.message : 'is required; add it';
  if (issue.code !== 'invalid_type') return issue.message;
  if (issue.expected === 'array') return 'is not a list; write [a, b], or lines that begin with "- "';
  if (issue.expected === 'object') return 'is not a group of settings; write its keys below it, indented';
  return 'is not a single value; write one';
}

/** The right place for a top-level key that belongs one level down. */
function suggestElsewhere(key: string, path: Path, { properties = {} }: JsonSchema): string | undefined {
  if (path.length !== 1) return undefined;
  const section = Object.entries(properties).find(([, inner]) => inner.properties?.[key] !== undefined);
  return section ? `${section[0]}.${key}` : undefined;
}

/** `erp.tenants[0].name` */
function toDotted(path: Path): string {
  if (path.length === 0) return 'the file';
  return path.reduce<string>((text, key) => text + (typeof key === 'number' ? `[${key}]` : text ? `.${key}` : key), '');
}
