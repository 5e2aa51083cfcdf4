import { readFileSync } from 'node:fs';
import { isObject } from '../kit/json.ts';
import { isProxyUrl, parseWhole, type Tree } from '../kit/settings/index.ts';
import type { Config } from './config.ts';
import { ALL_BRINGERS, type Bringers, type ConfigFile, createConfigFileSchema } from './definition/schema.ts';
import type { Environment } from './environment.ts';
import { ConfigError } from './faults/config-error.ts';
import { FaultList } from './faults/fault-list.ts';
import { checkRules } from './rules.ts';
import { readSettingsObject } from './settings-object.ts';
import { toConfig } from './to-config.ts';
import { readYamlFile } from './yaml-file.ts';

export interface LoadConfigOptions extends Partial<Bringers> {
  /** The file to read; with `text`, only its name in messages. @default 'gateway.yaml' */
  readonly path?: string;
  /** The text, if it does not come from a file. */
  readonly text?: string;
  /** The settings as an object with the file's sections, instead of a file. */
  readonly settings?: object;
  readonly env: Environment;
}

/** A configuration and what it was made from, so that a later reading of the file can be merged into it. */
export interface Settings {
  readonly config: Config;
  /** Every value, with defaults. */
  readonly file: ConfigFile;
  /** As written, with placeholders replaced and overrides applied. */
  readonly tree: Tree;
  /** Its file. */
  readonly path: string;
  /** Whether nothing was written there. */
  readonly isEmpty: boolean;
  /** Whose sections are among them. */
  readonly sources: Bringers['sources'];
  /** The same settings with other values. @throws ConfigError with every mistake and its position in the file */
  check(tree: Tree): Settings;
}

/**
 * Reads and checks gateway.yaml.
 * @throws ConfigError with all mistakes
 */
export const loadConfig = (options: LoadConfigOptions): Config => loadSettings(options).config;

/** Like {@link loadConfig}, for code that reads the file again later. @throws ConfigError */
export function loadSettings(options: LoadConfigOptions): Settings {
  const { settings, path = settings ? 'config' : 'gateway.yaml', text, env } = options;
  const bringers = { ...ALL_BRINGERS, ...options };
  const definition = createConfigFileSchema(bringers);
  const file = settings ? readSettingsObject(settings) : readYamlFile(text ?? readConfigText(path), env);
  const isEmpty = Object.keys(file.tree ?? {}).length === 0;

  const check = (given: Tree | undefined, overrides: Environment): Settings => {
    const faults = new FaultList(path, file, definition);
    if (given === undefined) faults.throwIfAny();
    const tree = overridden(given ?? {}, overrides, faults);
    const read = definition.safeParse(tree);
    for (const issue of read.error?.issues ?? []) faults.addIssue(issue, tree);
    checkRules(tree, faults, bringers);
    faults.throwIfAny();
    const values = definition.parse(tree);
    const { sources } = bringers;
    const config = toConfig(values, sources);
    return { config, file: values, tree, path, isEmpty, sources, check: (other) => check(other, {}) };
  };
  return check(file.tree, env);
}

/** @throws ConfigError */
export function readConfigText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const message =
      code === 'ENOENT'
        ? 'there is no such file; check the path, or copy examples/gateway.yaml there'
        : `the file cannot be read (${String(code)}); check the file and its permissions`;
    throw new ConfigError([{ where: path, message }]);
  }
}

/** Settings from variables that are common to all platforms. */
const overridden = (tree: Tree, env: Environment, faults: FaultList): Tree =>
  withProxy(withAddress(tree, env, faults), env, faults);

/** HTTPS_PROXY and NO_PROXY are used for settings that the file omits. */
function withProxy(tree: Tree, env: Environment, faults: FaultList): Tree {
  const url = env['HTTPS_PROXY'] || env['https_proxy'];
  const except = (env['NO_PROXY'] || env['no_proxy'] || '').split(/[\s,]+/).filter((host) => host !== '');
  if (!url || !isObject(tree)) return tree;
  const proxy = tree['proxy'] ?? {};
  if (!isObject(proxy)) return tree;
  if (proxy['url'] === undefined && !isProxyUrl(url))
    faults.addVariable('HTTPS_PROXY', 'is not a proxy URL; write one such as http://proxy.example.com:3128');
  return { ...tree, proxy: { url, except, ...proxy } };
}

/** PORT and HOST, which hosting platforms set, override the file. */
function withAddress(tree: Tree, env: Environment, faults: FaultList): Tree {
  const { PORT, HOST } = { PORT: env['PORT'], HOST: env['HOST'] };
  const port = PORT !== undefined && PORT !== '' && parseWhole(PORT, 0, 65_535) !== undefined;
  if (PORT && !port) faults.addVariable('PORT', 'is not a port; write a number from 1 to 65535, or 0 for any free one');
  if (!isObject(tree) || (!port && !HOST)) return tree;
  const server = tree['server'] ?? {};
  if (!isObject(server)) return tree;
  return { ...tree, server: { ...server, ...(port && { port: PORT }), ...(HOST && { host: HOST }) } };
}
