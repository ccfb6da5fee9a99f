import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const specsOf = (root: string): string[] =>
  globSync('{apps,libs,infra}/*/{src,test}/**/*.spec.ts', { cwd: root }).map((file) => join(root, file));

/**
 * Returns a message for the first pattern that matches no spec. Jest would report that only when none of the
 * patterns matches, after the services have started.
 */
export function patternWithoutSpecs(root: string, patterns: readonly string[]): string | undefined {
  const specs = specsOf(root);
  for (const pattern of patterns) {
    const expression = asExpression(pattern);
    if (!expression) return `${pattern} is not a valid regular expression`;
    if (!specs.some((file) => expression.test(file))) return `the path of no spec contains ${pattern}`;
  }
  return undefined;
}

/**
 * Parses a pattern like Jest: as a case-insensitive regular expression for the whole path. A slow one only
 * costs time.
 */
function asExpression(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'i');
  } catch {
    return undefined;
  }
}

/** Returns the specs whose first line is `// tag: <tag>`. */
export const taggedSpecs = (root: string, tag: string): string[] =>
  specsOf(root).filter((file) => readFileSync(file, 'utf8').startsWith(`// tag: ${tag}\n`));
