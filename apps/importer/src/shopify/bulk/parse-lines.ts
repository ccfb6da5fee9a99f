import { ShopifyUnavailable } from '@core/shopify';
import type { CustomerNode } from '../customer-node.ts';

/**
 * The customers of a page of JSONL.
 * @param broken the file is the rest of an operation that failed: its last line may be cut
 * @throws ShopifyUnavailable
 */
export function parseLines(lines: readonly string[], broken: boolean): CustomerNode[] {
  const nodes: CustomerNode[] = [];
  for (const [at, line] of lines.entries()) {
    if (line === '') continue;
    try {
      nodes.push(JSON.parse(line) as CustomerNode);
    } catch {
      if (broken && at === lines.length - 1) break;
      throw new ShopifyUnavailable('a line of the file that is no JSON');
    }
  }
  return nodes;
}
