/** A metric as an expression names it. */
export interface Selector {
  readonly name: string;
  readonly matchers: readonly Matcher[];
}

export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

export interface Promql {
  readonly selectors: readonly Selector[];
  /** Labels of `by`, `on` and the like. */
  readonly groupings: readonly string[];
}

const TOKEN = /"[^"]*"|\[[^\]]*\]|[a-zA-Z_:][\w:]*|\d[\w.]*|=~|!~|!=|==|\S/g;
const GROUPING: ReadonlySet<string> = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'bool', 'offset']);

/** What an expression of Prometheus names. Knows no grammar beyond that: names before `(`, `by` and the like are functions. */
export function readPromql(expression: string): Promql {
  const tokens: readonly string[] = expression.match(TOKEN) ?? [];
  const selectors: Selector[] = [];
  const groupings: string[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? '';
    const next = tokens[at + 1] ?? '';
    if (!/^[a-zA-Z_:]/.test(token) || OPERATORS.has(token)) continue;
    if (GROUPING.has(token)) {
      const end = tokens.indexOf(')', at);
      groupings.push(...tokens.slice(at + 2, end).filter((each) => each !== ','));
      at = end;
    } else if (next === '{') {
      const end = tokens.indexOf('}', at);
      selectors.push({ name: token, matchers: toMatchers(tokens.slice(at + 2, end)) });
      at = end;
    } else if (next !== '(' && !GROUPING.has(next)) selectors.push({ name: token, matchers: [] });
  }
  return { selectors, groupings };
}

function toMatchers(tokens: readonly string[]): Matcher[] {
  const matchers: Matcher[] = [];
  for (let at = 0; at < tokens.length; at += 4) {
    const [label = '', operator = '', value = ''] = tokens.slice(at, at + 3);
    matchers.push({ label, operator, value: value.slice(1, -1) });
  }
  return matchers;
}

/** A series of `/metrics`: its name and labels. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The series of a text in Prometheus' format; of what has no series, its name alone. */
export function readSeries(text: string): { readonly names: ReadonlySet<string>; readonly series: readonly Series[] } {
  const names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name));
  const series = [...text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/gm)].map(([, name = '', labels = '']) => ({
    name,
    labels: Object.fromEntries(
      [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', value = '']) => [key, value]),
    ),
  }));
  return { names, series };
}

/** What Prometheus itself adds to each series. */
const ADDED: ReadonlySet<string> = new Set(['job', 'instance']);

/**
 * What an expression names that a scrape does not have, in words.
 * @param shown labels that a legend or a message shows
 */
export function missingFrom(
  { names, series }: ReturnType<typeof readSeries>,
  expression: string,
  shown: readonly string[] = [],
): string[] {
  const { selectors, groupings } = readPromql(expression);
  if (selectors.length === 0) return [`no metric in ${expression}`];
  return selectors.flatMap(({ name, matchers }) => {
    // Made by Prometheus itself, of every target.
    if (name === 'up') return matchers.filter(({ label }) => !ADDED.has(label)).map(({ label }) => `up{${label}}`);
    const found = series.filter((each) => each.name === name);
    if (found.length === 0 && !names.has(name)) return [name];
    const has = (label: string) => ADDED.has(label) || found.some(({ labels }) => label in labels);
    const isShown = (label: string) => (groupings.length > 0 ? groupings.includes(label) : has(label));
    return [
      ...groupings.filter((label) => !has(label)).map((label) => `${name} by ${label}`),
      ...shown.filter((label) => !isShown(label)).map((label) => `${name} shown by ${label}`),
      ...matchers
        .filter(({ label }) => !ADDED.has(label))
        .flatMap(({ label, operator, value }) => {
          const values = found.flatMap(({ labels }) => labels[label] ?? []);
          if (operator.startsWith('!')) return has(label) ? [] : [`${name}{${label}}`];
          const wanted = operator === '=~' ? value.split('|') : [value];
          return wanted
            .filter((each) => !values.some((given) => new RegExp(`^(?:${each})$`).test(given)))
            .map((each) => `${name}{${label}="${each}"}`);
        }),
    ];
  });
}
