import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildConsole } from '@core/testing';

/** A chunk in the manifest of the build. */
interface Chunk {
  file: string;
  imports?: string[];
  dynamicImports?: string[];
  isEntry?: boolean;
}

const KIB = 1_024;
let folder: string;
let manifest: Record<string, Chunk>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'core-console-'));
  await buildConsole(folder);
  manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8')) as typeof manifest;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const gzipped = (file: string) => readFileSync(join(folder, `${file}.gz`)).length / KIB;
const textOf = (file: string) => readFileSync(join(folder, file), 'utf8');
/** Returns the files that the chunk needs before it runs. */
const filesOf = (name: string): string[] => {
  const { file, imports = [] } = manifest[name] ?? { file: name };
  return [file, ...imports.flatMap(filesOf)];
};
const entry = () => Object.keys(manifest).find((name) => manifest[name]?.isEntry) ?? '';
const page = (path: string) =>
  [...new Set(filesOf(`src/pages/${path}`))].filter((file) => !filesOf(entry()).includes(file));
const sum = (files: readonly string[]) => files.reduce((total, file) => total + gzipped(file), 0);

it('loads less JavaScript for the first view than the floor', () => {
  const files = [...new Set(filesOf(entry()))];
  expect(files).toHaveLength(1);
  expect(sum(files)).toBeLessThan(150);
});

it('has the styles in the document, and a document of few packets', () => {
  expect(textOf('index.html')).toMatch(/<style id="react-aria-pressable-style">[^<]*:root/);
  expect(textOf('index.html')).not.toContain('rel="stylesheet"');
  expect(gzipped('index.html')).toBeLessThan(8);
});

it('loads a page by few small files', () => {
  for (const path of [
    'imports/imports-page.tsx',
    'imports/run/run-page.tsx',
    'connect/connect-page.tsx',
    'segments/segments-page.tsx',
  ]) {
    const files = page(path);
    // Code of several pages (their texts, a mutation) is in small chunks beside theirs, which the browser
    // loads at once. A chunk of all shared code cut the first view in 15 files.
    expect(files.length).toBeLessThanOrEqual(5);
    // The texts of all pages, about 6 KiB, are one chunk: a translation replaces one file.
    expect(sum(files)).toBeLessThan(12);
  }
});

// The contracts are one package. Each file of it describes its messages in one text, which names them.
it('has in the first chunk only the contracts that it uses', () => {
  const code = filesOf(entry()).map(textOf).join('');
  const described = [...code.matchAll(/["'`](C[A-Za-z0-9+/]{200,}={0,2})["'`]/g)].map(([, text = '']) =>
    atob(text),
  );
  expect(described.length).toBeGreaterThan(1);
  const services = described.flatMap((text) => /[A-Z][a-z]{2,20}Service/.exec(text)?.[0] ?? []);
  expect(services.sort()).toEqual(['CoreService', 'ImportService', 'ShopService']);
});

it('has React Aria only in the chunks of dialogs', () => {
  const holders = Object.values(manifest).filter(({ file }) =>
    textOf(file).includes('react-aria-ModalOverlay'),
  );
  expect(holders.map(({ isEntry = false }) => isEntry)).toEqual([false]);
});
