/** Environment variables, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The only place that reads the process's environment; other code receives values. */
export function processEnvironment(): Environment {
  return process.env;
}

export interface PlaceholderFault {
  /** Its position in the text. */
  readonly index: number;
  readonly message: string;
}

export interface Replaced {
  readonly text: string;
  /** Whether any of the text came from the environment. */
  readonly replaced: boolean;
  readonly faults: readonly PlaceholderFault[];
}

/** `${` and everything up to its `}`, or just `${` if that is missing. */
const PLACEHOLDER = /\$\{([^}]*)(\}?)/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Replaces every `${NAME}` once; values from the environment are not searched again. */
export function replacePlaceholders(source: string, env: Environment): Replaced {
  const faults: PlaceholderFault[] = [];
  let replaced = false;
  const text = source.replace(PLACEHOLDER, (whole, name: string, end: string, index: number) => {
    const fault = placeholderFault(name, end, env);
    if (fault) {
      faults.push({ index, message: fault });
      return whole;
    }
    replaced = true;
    return env[name] ?? whole;
  });
  // An empty value would silently remove a secret, and turn a confidential client into a public one.
  if (replaced && text === '') {
    faults.push({ index: 0, message: `${source} is set but empty; give the variable a value, or omit the key` });
  }
  return { text, replaced, faults };
}

function placeholderFault(name: string, end: string, env: Environment): string | undefined {
  if (end === '' || !NAME.test(name)) {
    return 'a placeholder is not complete; write ${NAME} with letters, digits and underscores';
  }
  if (env[name] !== undefined) return undefined;
  return `the environment variable ${name} is not set; set it, or write the value here instead of \${${name}}`;
}
