import { createHash } from 'node:crypto';
import type { GraphqlRequest, ShopClient } from '../client/shop-client.ts';
import type { PlanCursor } from '../sources/cursor.ts';

export interface KeptAnswers {
  /** Asks only for what was not answered before. */
  client: ShopClient;
  /** Whether there is more to write down than there was. */
  grown(): boolean;
  /** For the next time. */
  cursor(): PlanCursor;
}

/**
 * Remembers the answers to the requests of one page that takes several, so that a page that was cut off between two of
 * them goes on there. By what was asked and not by its number: another build may ask for something else.
 * @param kept as `cursor` gave it; null at first
 */
export function keepAnswers(client: ShopClient, kept: PlanCursor | null): KeptAnswers {
  const answers = new Map(kept?.answers);
  const before = answers.size;
  return {
    client: {
      ...client,
      async graphql(request) {
        const asked = digestOf(request);
        const data = answers.get(asked);
        if (data) return { data, cost: null };
        const reply = await client.graphql(request);
        answers.set(asked, reply.data);
        return reply;
      },
    },
    grown: () => answers.size > before,
    cursor: () => ({ kind: 'plan', answers: [...answers] }),
  };
}

const digestOf = ({ document, variables }: GraphqlRequest): string =>
  createHash('sha256')
    .update(JSON.stringify([document, variables]))
    .digest('base64');
