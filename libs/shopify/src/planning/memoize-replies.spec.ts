import { hash } from 'node:crypto';
import type { GraphqlRequest, ShopClient } from '../client/shop-client.ts';
import { countCustomers } from './count.ts';
import { memoizeReplies } from './memoize-replies.ts';

const RANGE = { createdTo: '2026-02-01T00:00:00Z' };

function shopOf(count: number) {
  const sent: GraphqlRequest[] = [];
  const none = () => Promise.reject(new Error('unexpected request'));
  const client: ShopClient = {
    shop: 'a.myshopify.com',
    graphql: async (request) => {
      sent.push(request);
      return { data: { customersCount: { count } }, cost: null };
    },
    rest: none,
    file: none,
  };
  return { sent, client };
}

describe('memoizeReplies', () => {
  it('sends a request once, and not again when it restarts from its cursor', async () => {
    const { sent, client } = shopOf(7);
    const first = memoizeReplies(client, null);
    expect(first.grown()).toBe(false);
    expect(await countCustomers(first.client, RANGE)).toBe(7);
    expect(first.grown()).toBe(true);
    const again = memoizeReplies(client, first.cursor());
    expect(await countCustomers(again.client, RANGE)).toBe(7);
    expect(again.grown()).toBe(false);
    expect(sent).toHaveLength(1);
  });

  it('sends requests that another build did not send', async () => {
    const { sent, client } = shopOf(7);
    const first = memoizeReplies(client, null);
    await countCustomers(first.client, RANGE);
    await countCustomers(memoizeReplies(client, first.cursor()).client, {});
    expect(sent).toHaveLength(2);
  });

  it('keys replies by document and variables only, like earlier builds', async () => {
    const { sent, client } = shopOf(7);
    const first = memoizeReplies(client, null);
    await countCustomers(first.client, RANGE);
    const [{ document, variables }] = sent as [GraphqlRequest];
    const digest = hash('sha256', JSON.stringify([document, variables]), 'base64');
    expect(first.cursor()).toEqual({ kind: 'plan', answers: [[digest, { customersCount: { count: 7 } }]] });
  });
});
