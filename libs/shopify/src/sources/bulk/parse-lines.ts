import { UnusableAnswer } from '../../answers/errors.ts';
import type { CustomerNode } from '../graphql/customer-node.ts';

/**
 * Parses the customers of a page of JSONL.
 * @param broken the file was left by a failed operation: its last line may be truncated
 * @throws UnusableAnswer
 */
export function parseLines(lines: readonly string[], broken: boolean): (CustomerNode | null)[] {
  const nodes: (CustomerNode | null)[] = [];
  for (const [at, line] of lines.entries()) {
    if (line === '') continue;
    try {
      nodes.push(JSON.parse(line) as CustomerNode | null);
    } catch {
      if (broken && at === lines.length - 1) break;
      throw new UnusableAnswer('other_form', 'a line of the file is not JSON');
    }
  }
  return nodes;
}
