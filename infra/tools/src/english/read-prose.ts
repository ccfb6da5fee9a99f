import { proseOfCode } from './prose-of-code.ts';
import { proseOfLines } from './prose-of-lines.ts';
import { proseOfPage } from './prose-of-page.ts';
import { proseOfProto } from './prose-of-proto.ts';
import { proseOfSql } from './prose-of-sql.ts';
import { proseOfYaml } from './prose-of-yaml.ts';
import type { Prose } from './prose.ts';

const CODE = /\.(?:ts|mjs|cjs)$/;

/** Returns all prose of a file: comments and pages in the order of the file, strings after them. */
export function readProse(file: string, text: string): Prose[] {
  if (file.endsWith('.md')) return proseOfPage(text);
  if (CODE.test(file)) return proseOfCode(file, text);
  if (file.endsWith('.sql')) return proseOfSql(text);
  if (file.endsWith('.proto')) return proseOfProto(text);
  const comments = proseOfLines(file, text);
  return /\.ya?ml$/.test(file) ? [...comments, ...proseOfYaml(file, text)] : comments;
}
