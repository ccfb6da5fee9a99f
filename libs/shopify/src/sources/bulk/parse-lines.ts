import { UnusableAnswer } from '../../answers/errors.ts';
import type { CustomerNode } from '../graphql/customer-node.ts';

/**
 * The customers of a page of JSONL.
 * @param broken the file is the rest of an operation that failed: its last line may be cut
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
      throw new UnusableAnswer('other_form', 'a line of the file that is no JSON');
    }
  }
  return nodes;
}
