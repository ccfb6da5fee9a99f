import { proseOfCode } from './prose-of-code.ts';
import { proseOfLines } from './prose-of-lines.ts';
import { proseOfPage } from './prose-of-page.ts';
import type { Prose } from './prose.ts';

const CODE = /\.(?:ts|mjs|cjs)$/;

/** Returns all prose of a file: comments and pages in the order of the file, strings after them. */
export function readProse(file: string, text: string): Prose[] {
  if (file.endsWith('.md')) return proseOfPage(text);
  return CODE.test(file) ? proseOfCode(file, text) : proseOfLines(file, text);
}
