import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import { importExport } from '../src/documents/import-export.ts';
import { readPictures } from '../src/pictures/read-pictures.ts';

const root = workspaceRoot();
const FOLDER = 'screenshots/console';
const LOOKS = ['light', 'dark', 'phone'];
const LARGEST_BYTES = 120 * 1_024;
const LARGEST_TOTAL_BYTES = 2.5 * 1_024 * 1_024;

const pictures = readPictures(readFileSync(join(root, 'docs/console.md'), 'utf8'));

it('docs/console.md shows each page of the console in light, in dark and on a phone', async () => {
  const pages = await importExport<{ label: string }[]>(
    root,
    'apps/console/src/pages/page-table.ts',
    'PAGES',
  );
  expect(pages.length).toBeGreaterThan(5);
  const expected = pages.flatMap(({ label }) => LOOKS.map((look) => `${FOLDER}/${label}-${look}.png`));
  expect(pictures.map(({ file }) => file)).toEqual(expect.arrayContaining(expected));
});

it('each picture exists, is small, and has a text that says what it shows', () => {
  expect(pictures.filter(({ file }) => !existsSync(join(root, 'docs', file)))).toEqual([]);
  const sizes = pictures.map(({ file }) => ({ file, bytes: statSync(join(root, 'docs', file)).size }));
  expect(pictures.filter(({ text }) => text.split(' ').length < 6)).toEqual([]);
  expect(new Set(pictures.map(({ text }) => text)).size).toBe(pictures.length);
  expect(sizes.filter(({ bytes }) => bytes > LARGEST_BYTES)).toEqual([]);
  expect(sizes.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(LARGEST_TOTAL_BYTES);
});

it('each file of a picture is shown', () => {
  const files = readdirSync(join(root, 'docs', FOLDER)).map((file) => `${FOLDER}/${file}`);
  expect(files.filter((file) => !pictures.some((picture) => picture.file === file))).toEqual([]);
});
