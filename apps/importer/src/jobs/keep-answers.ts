import { createHash } from 'node:crypto';
import type { ShopifyClient, ShopifyReply, ShopifyRequest } from '@core/shopify';

export interface KeptAnswers {
  /** Asks only for what was not answered before. */
  client: ShopifyClient;
  /** Whether there is more to write down than there was. */
  grown(): boolean;
  /** For the next time. */
  write(): string;
}

/**
 * Remembers the answers to the requests of one page that takes several, so that a page that was cut off between two of
 * them goes on there. By what was asked and not by its number: another build may ask for something else.
 * @param kept as `write` gave it; null at first
 */
export function keepAnswers(client: ShopifyClient, kept: string | null): KeptAnswers {
  const answers = new Map(kept === null ? [] : (JSON.parse(kept) as [string, ShopifyReply['data']][]));
  const before = answers.size;
  return {
    async client(request) {
      const asked = digestOf(request);
      const data = answers.get(asked);
      if (data) return { data, cost: null };
      const reply = await client(request);
      answers.set(asked, reply.data);
      return reply;
    },
    grown: () => answers.size > before,
    write: () => JSON.stringify([...answers]),
  };
}

const digestOf = ({ document, variables }: ShopifyRequest): string =>
  createHash('sha256')
    .update(JSON.stringify([document, variables]))
    .digest('base64');
