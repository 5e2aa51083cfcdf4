import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const pathTo = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/**
 * Compiles a Relay app against a schema.
 * @param app its folder in this one
 * @param folder an empty one; the artifacts land in its `src/__generated__`, and the documents by their ids in `documents.json`
 * @returns names of the artifacts, sorted
 */
export async function compileRelayApp(folder: string, sdl: string, app = 'app'): Promise<readonly string[]> {
  const artifacts = join(folder, 'src/__generated__');
  await cp(pathTo(`test/relay/${app}`), join(folder, 'src'), { recursive: true });
  await mkdir(artifacts);
  await writeFile(join(folder, 'schema.graphql'), sdl);
  await writeFile(join(folder, 'documents.json'), '{}');
  const config = {
    src: 'src',
    schema: 'schema.graphql',
    language: 'typescript',
    artifactDirectory: 'src/__generated__',
    eagerEsModules: true,
    persistConfig: { file: 'documents.json' },
  };
  await writeFile(join(folder, 'relay.config.json'), JSON.stringify(config));
  const compiler = pathTo('node_modules/relay-compiler/cli.js');
  await promisify(execFile)(process.execPath, [compiler, 'relay.config.json'], { cwd: folder });
  return (await readdir(artifacts)).sort();
}
