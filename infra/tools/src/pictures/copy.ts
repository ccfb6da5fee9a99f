// Copies the pictures that docs/console.md shows from the last run of the console's specs:
// `npm test -- console/test`, then `node infra/tools/src/pictures/copy.ts`. `npm run generate` does not do
// it: two runs differ in their times and ids.
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import { readPictures } from './read-pictures.ts';

const root = workspaceRoot();
const TAKEN = join(root, '.nx/screenshots/docs');
const SHOWN = 'screenshots/console';

const pictures = readPictures(readFileSync(join(root, 'docs/console.md'), 'utf8'));
rmSync(join(root, 'docs', SHOWN), { recursive: true, force: true });
mkdirSync(join(root, 'docs', SHOWN), { recursive: true });
for (const { file } of pictures) {
  if (dirname(file) !== SHOWN) throw new Error(`docs/console.md: ${file} is not in ${SHOWN}`);
  copyFileSync(join(TAKEN, basename(file)), join(root, 'docs', file));
}
console.log(`${pictures.length} pictures copied to docs/${SHOWN}`);
