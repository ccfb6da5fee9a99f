// Renders the Mermaid drawings of pages in a browser: `node infra/tools/src/drawings/check.ts [pages]`.
// Without pages it renders the drawings of all committed pages.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { openBrowser, workspaceRoot } from '@core/testing';
import { listFiles } from '../files/list-files.ts';
import { readDrawings } from './read-drawings.ts';

const root = workspaceRoot();
const given = process.argv.slice(2);
const pages = given.length > 0 ? given : listFiles(root, { patterns: ['*.md'] });
const drawings = pages.flatMap((page) =>
  readDrawings(readFileSync(resolve(root, page), 'utf8')).map((drawing) => ({ page, ...drawing })),
);
if (drawings.length === 0) throw new Error(`no drawing in ${pages.join(', ')}`);

const MERMAID = createRequire(import.meta.url).resolve('mermaid/dist/mermaid.min.js');
let failed = 0;
await using opened = await openBrowser();
const tab = await opened.browser.newPage();
await tab.addScriptTag({ path: MERMAID });
await tab.evaluate('mermaid.initialize({ startOnLoad: false, suppressErrorRendering: true })');
for (const [n, { page, line, text }] of drawings.entries()) {
  const size: unknown = await tab
    .evaluate(
      `mermaid.render('drawing${n}', ${JSON.stringify(text)}).then(({ svg }) => {
         document.body.innerHTML = svg;
         const { width, height } = document.querySelector('svg').getBoundingClientRect();
         return Math.min(width, height);
       })`,
    )
    .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  if (typeof size === 'number' && size > 20) continue;
  failed++;
  console.log(`${page}:${line} ${typeof size === 'number' ? 'the drawing is empty' : size}`);
}
console.log(`${drawings.length} drawings, ${failed} not rendered`);
if (failed > 0) process.exitCode = 1;
