import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml';
import type { Path, Tree } from '../kit/settings/index.ts';
import { type Environment, replacePlaceholders } from './environment.ts';
import type { FileFault, Position, SettingsFile } from './settings-file.ts';

/** Reads YAML, remembers positions, and replaces placeholders from the environment. */
export function readYamlFile(text: string, env: Environment): SettingsFile {
  const lines = new LineCounter();
  // "failsafe" keeps every value a string; pretty errors would quote the file, which may contain a secret.
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const walk = new Walk(text, env, at, (node) => (isAlias(node) ? node.resolve(document) : node));
  const broken = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY');
  const tree = broken.length === 0 ? walk.read(document.contents, []) : undefined;
  const syntax = oneALine((broken.length > 0 ? broken : document.errors).map((error) => toFault(error, text, at)));
  return {
    tree,
    faults: [...syntax, ...walk.faults],
    positionOf: (path) => walk.nearest(path, walk.values),
    positionOfKey: (path) => walk.nearest(path, walk.keys),
    isSecret: (path) => walk.fromEnvironment.has(JSON.stringify(path)),
  };
}

/** Unquoted words that mean "nothing" in YAML. */
const NOTHING = new Set(['', '~', 'null', 'Null', 'NULL']);

/** One pass over the nodes, collecting texts, positions and faults. */
class Walk {
  readonly faults: FileFault[] = [];
  readonly values = new Map<string, Position>();
  readonly keys = new Map<string, Position>();
  readonly fromEnvironment = new Set<string>();
  readonly #source: string;
  readonly #env: Environment;
  readonly #at: (offset: number) => Position;
  readonly #resolve: (node: Node) => Node | undefined;
  /** Nodes being read: an alias to one of them would never end. */
  readonly #open = new Set<Node>();

  constructor(
    source: string,
    env: Environment,
    at: (offset: number) => Position,
    resolve: (node: Node) => Node | undefined,
  ) {
    this.#source = source;
    this.#env = env;
    this.#at = at;
    this.#resolve = resolve;
  }

  read(node: Node | null, path: Path): Tree {
    if (!node) return null;
    const position = this.#at(node.range?.[0] ?? 0);
    this.values.set(JSON.stringify(path), position);
    const target = this.#resolve(node);
    if (!target || this.#open.has(target)) {
      this.faults.push({ path, position, message: 'an alias has no anchor before it; write the value itself' });
      return null;
    }
    if (isScalar(target)) return this.#readText(target, path, position);
    this.#open.add(target);
    const tree = this.#readGroup(target, path);
    this.#open.delete(target);
    return tree;
  }

  #readGroup(node: Node, path: Path): Tree {
    if (isSeq<Node>(node)) return node.items.map((item, index) => this.read(item, [...path, index]));
    if (!isMap<Node, Node | null>(node)) return null;
    const entries: [string, Tree][] = [];
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '?';
      const here = [...path, name];
      this.keys.set(JSON.stringify(here), this.#at(key.range?.[0] ?? 0));
      const tree = this.read(value, here);
      // `site:` without a value counts as omitted, so it has its default.
      if (tree !== null) entries.push([name, tree]);
    }
    return Object.fromEntries(entries);
  }

  #readText(node: Node & { value: unknown; type?: unknown }, path: Path, position: Position): Tree {
    const raw = String(node.value ?? '');
    if (raw === '' || (node.type === 'PLAIN' && NOTHING.has(raw))) return null;
    const { text, replaced, faults } = replacePlaceholders(raw, this.#env);
    if (replaced) this.fromEnvironment.add(JSON.stringify(path));
    for (const { index, message } of faults) {
      const start = node.range?.[0] ?? 0;
      // Escapes in quotes change positions, so the placeholder is searched for in the file again.
      const found = this.#source.indexOf(raw.slice(index).split('}')[0] ?? '', start);
      const end = node.range?.[1] ?? start;
      this.faults.push({ path, position: found >= 0 && found < end ? this.#at(found) : position, message });
    }
    return text;
  }

  nearest(path: Path, positions: ReadonlyMap<string, Position>): Position {
    const found = positions.get(JSON.stringify(path));
    if (found) return found;
    for (let length = path.length; length > 0; length--) {
      const key = JSON.stringify(path.slice(0, length));
      const around = this.keys.get(key) ?? this.values.get(key);
      if (around) return around;
    }
    return { line: 1, column: 1 };
  }
}

/** What to do, by the parser's code. The parser's own messages quote the file. */
const HINTS: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias or anchor is not complete; put quotes around a text that begins with * or &',
  BAD_DQ_ESCAPE: 'a backslash in double quotes begins an escape; use single quotes for a literal backslash',
  BAD_INDENT:
    'this line is not indented like its neighbours, or a bracket before it is not closed; line them up with spaces',
  BAD_SCALAR_START: 'a text cannot begin with this character; put quotes around it',
  BLOCK_AS_IMPLICIT_KEY:
    'there are two settings on one line, or a ": " inside a text; use two lines, or put quotes around the text',
  DUPLICATE_KEY: 'this setting is written twice; remove one of them',
  MISSING_CHAR: 'a quote, comma, colon or bracket is missing here or before; close what was opened',
  MULTILINE_IMPLICIT_KEY: 'a colon is missing after the name of the setting; write name: value',
  MULTIPLE_DOCS: 'there is a second document after ---; remove one',
  TAB_AS_INDENT: 'a tab is used for indentation; use spaces',
};

function toFault({ code, pos }: YAMLError, text: string, at: (offset: number) => Position): FileFault {
  const position = at(pos[0]);
  const line = text.split('\n')[position.line - 1] ?? '';
  const hint = HINTS[code] ?? 'this is not YAML; check the colons, quotes and brackets here and on the line before';
  // Braces of a placeholder are brackets of YAML inside [ ] and { }.
  const unquoted = code !== 'DUPLICATE_KEY' && /(^|[^$])[[{].*\$\{/.test(line);
  return { position, message: unquoted ? 'inside [ ] and { } a placeholder needs quotes; write "${NAME}"' : hint };
}

/** One mistake can cause several parser errors: the first one of a line is the real one, and three lines are enough. */
function oneALine(faults: readonly FileFault[]): FileFault[] {
  const seen = new Set<number | undefined>();
  return faults.filter(({ position }) => !seen.has(position?.line) && seen.add(position?.line)).slice(0, 3);
}
