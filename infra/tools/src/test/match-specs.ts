import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const specsOf = (root: string): string[] =>
  globSync('{apps,libs,infra}/*/{src,test}/**/*.spec.ts', { cwd: root }).map((file) => join(root, file));

/**
 * The first pattern that would run nothing, and why: Jest alone says so only when none of them matches, and after the
 * services have started.
 */
export function uselessPattern(root: string, patterns: readonly string[]): string | undefined {
  const specs = specsOf(root);
  for (const pattern of patterns) {
    const expression = asExpression(pattern);
    if (!expression) return `${pattern} is no regular expression`;
    if (!specs.some((file) => expression.test(file))) return `no spec has ${pattern} in its path`;
  }
  return undefined;
}

/** As Jest reads it: a case-insensitive regular expression over the whole path; a slow one costs time. */
function asExpression(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'i');
  } catch {
    return undefined;
  }
}

/** The specs whose first line is `// tag: <tag>`. */
export const taggedSpecs = (root: string, tag: string): string[] =>
  specsOf(root).filter((file) => readFileSync(file, 'utf8').startsWith(`// tag: ${tag}\n`));
