import { globSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The first pattern that would run nothing, and why: Jest alone says so only when none of them matches, and after the
 * services have started.
 */
export function uselessPattern(root: string, patterns: readonly string[]): string | undefined {
  const specs = globSync('{apps,libs,infra}/*/{src,test}/**/*.spec.ts', { cwd: root }).map((file) =>
    join(root, file),
  );
  for (const pattern of patterns) {
    const expression = asExpression(pattern);
    if (!expression) return `${pattern} is no regular expression`;
    if (!specs.some((file) => expression.test(file))) return `no spec has ${pattern} in its path`;
  }
  return undefined;
}

/** As Jest reads it: a regular expression over the whole path, whatever the case; who gives a slow one waits for it. */
function asExpression(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'i');
  } catch {
    return undefined;
  }
}
