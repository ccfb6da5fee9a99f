import { hash } from 'node:crypto';
import type { GraphqlRequest, ShopClient } from '../client/shop-client.ts';
import { countCustomers } from './count.ts';
import { keepAnswers } from './keep-answers.ts';

const RANGE = { createdTo: '2026-02-01T00:00:00Z' };

function shopOf(count: number) {
  const sent: GraphqlRequest[] = [];
  const none = () => Promise.reject(new Error('not asked'));
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

describe('keepAnswers', () => {
  it('asks once, and not again of the cursor that it gave', async () => {
    const { sent, client } = shopOf(7);
    const first = keepAnswers(client, null);
    expect(first.grown()).toBe(false);
    expect(await countCustomers(first.client, RANGE)).toBe(7);
    expect(first.grown()).toBe(true);
    const again = keepAnswers(client, first.cursor());
    expect(await countCustomers(again.client, RANGE)).toBe(7);
    expect(again.grown()).toBe(false);
    expect(sent).toHaveLength(1);
  });

  it('asks for what another build has not asked for, too', async () => {
    const { sent, client } = shopOf(7);
    const first = keepAnswers(client, null);
    await countCustomers(first.client, RANGE);
    await countCustomers(keepAnswers(client, first.cursor()).client, {});
    expect(sent).toHaveLength(2);
  });

  it('knows an answer by document and variables alone, as former builds do', async () => {
    const { sent, client } = shopOf(7);
    const first = keepAnswers(client, null);
    await countCustomers(first.client, RANGE);
    const [{ document, variables }] = sent as [GraphqlRequest];
    const digest = hash('sha256', JSON.stringify([document, variables]), 'base64');
    expect(first.cursor()).toEqual({ kind: 'plan', answers: [[digest, { customersCount: { count: 7 } }]] });
  });
});
