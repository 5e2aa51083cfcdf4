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
  /** The file's text, when it is not a file. */
  readonly text?: string;
  /** The settings themselves, in place of a file: its sections as an object. */
  readonly settings?: object;
  readonly env: Environment;
}

/** A configuration with what it was made of, so that another reading of the file can be laid over it. */
export interface Settings {
  readonly config: Config;
  /** Every value by itself, with its default. */
  readonly file: ConfigFile;
  /** As written, placeholders replaced; with what stands above the file. */
  readonly tree: Tree;
  /** Whose sections are among them. */
  readonly sources: Bringers['sources'];
  /** The same settings with other values. @throws ConfigError with every fault, where the file has it */
  check(tree: Tree): Settings;
}

/**
 * Reads and checks gateway.yaml.
 * @throws ConfigError with every fault at once
 */
export const loadConfig = (options: LoadConfigOptions): Config => loadSettings(options).config;

/** As {@link loadConfig}, for anyone who reads the file again later. @throws ConfigError */
export function loadSettings(options: LoadConfigOptions): Settings {
  const { settings, path = settings ? 'config' : 'gateway.yaml', text, env } = options;
  const bringers = { ...ALL_BRINGERS, ...options };
  const definition = createConfigFileSchema(bringers);
  const file = settings ? readSettingsObject(settings) : readYamlFile(text ?? readConfigText(path), env);

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
    return { config: toConfig(values, sources), file: values, tree, sources, check: (other) => check(other, {}) };
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
        : `the file cannot be read (${String(code)}); check what it is and who may read it`;
    throw new ConfigError([{ where: path, message }]);
  }
}

/** What variables say, that every platform sets alike. */
const overridden = (tree: Tree, env: Environment, faults: FaultList): Tree =>
  withProxy(withAddress(tree, env, faults), env, faults);

/** HTTPS_PROXY and NO_PROXY stand for what the file leaves out. */
function withProxy(tree: Tree, env: Environment, faults: FaultList): Tree {
  const url = env['HTTPS_PROXY'] || env['https_proxy'];
  const except = (env['NO_PROXY'] || env['no_proxy'] || '').split(/[\s,]+/).filter((host) => host !== '');
  if (!url || !isObject(tree)) return tree;
  const proxy = tree['proxy'] ?? {};
  if (!isObject(proxy)) return tree;
  if (proxy['url'] === undefined && !isProxyUrl(url))
    faults.addVariable('HTTPS_PROXY', 'is not the address of a proxy; write one such as http://proxy.example.com:3128');
  return { ...tree, proxy: { url, except, ...proxy } };
}

/** PORT and HOST, as platforms that run programs set them, stand above the file. */
function withAddress(tree: Tree, env: Environment, faults: FaultList): Tree {
  const { PORT, HOST } = { PORT: env['PORT'], HOST: env['HOST'] };
  const port = PORT !== undefined && PORT !== '' && parseWhole(PORT, 0, 65_535) !== undefined;
  if (PORT && !port) faults.addVariable('PORT', 'is not a port; write a number from 1 to 65535, or 0 for any free one');
  if (!isObject(tree) || (!port && !HOST)) return tree;
  const server = tree['server'] ?? {};
  if (!isObject(server)) return tree;
  return { ...tree, server: { ...server, ...(port && { port: PORT }), ...(HOST && { host: HOST }) } };
}
