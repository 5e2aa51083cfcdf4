// Says how much examples/Dockerfile adds to its base image: node scripts/measure-image.ts. Carries out its steps in a folder, the
// installation of packages too, which takes a minute. Ends with 1 when it is more than 100 MB.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildImage } from '../test/package/build-image.ts';

const MOST_BYTES = 100_000_000;

const folder = await mkdtemp(join(tmpdir(), 'gateway-image-'));
const { files } = await buildImage({ folder, installs: true });
const sizes = [...(await files())].filter(([name]) => !name.startsWith('.npm/')).map(([, bytes]) => bytes);
const bytes = sizes.reduce((sum, each) => sum + each, 0);
await rm(folder, { recursive: true });
process.stdout.write(`${sizes.length} files, ${(bytes / 1e6).toFixed(1)} MB of at most ${MOST_BYTES / 1e6}\n`);
process.exitCode = bytes > MOST_BYTES ? 1 : 0;
