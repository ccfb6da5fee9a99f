import { createHash } from 'node:crypto';
import type { GraphqlRequest, ShopClient } from '../client/shop-client.ts';
import type { PlanCursor } from '../sources/cursor.ts';

export interface MemoizedReplies {
  /** Sends only requests that have no stored reply. */
  client: ShopClient;
  /** Returns whether new replies were added since `kept`. */
  grown(): boolean;
  /** Returns the replies for the next attempt. */
  cursor(): PlanCursor;
}

/**
 * Memoizes the replies to the requests of a page that needs several, so that an interrupted page continues
 * with the first request without a reply. Replies are keyed by the content of a request, not by its number,
 * because another build may send other requests.
 * @param kept a result of `cursor`; null at first
 */
export function memoizeReplies(client: ShopClient, kept: PlanCursor | null): MemoizedReplies {
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
