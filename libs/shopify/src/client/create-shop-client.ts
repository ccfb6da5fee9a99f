import { Unauthorized, type QueryCost } from '../answers/errors.ts';
import { readGraphql } from '../answers/read-graphql.ts';
import { readRest } from '../answers/read-rest.ts';
import { sendAdmitted, type Admitting } from '../limiter/send-admitted.ts';
import type { Limit } from '../limiter/limiter.ts';
import { createFetchFile } from './fetch-file.ts';
import type { ShopClient } from './shop-client.ts';
import { askAdminApi, type Access, type AdminApi } from './transport.ts';
import { waitForTurn, type Waiting } from './wait-for-turn.ts';

/** The tokens of connected shops. `C` is what names a connection where they are stored. */
export interface ShopTokens<C> {
  read(connection: C): Promise<string>;
  /** @param refused a token that the shop did not take */
  refresh(connection: C, refused: string): Promise<string>;
}

export interface ShopClientOptions<C> extends Admitting {
  api: AdminApi;
  tokens: ShopTokens<C>;
}

/** Binds a shop. Its client lasts for one piece of work, and ends with the work's signal. */
export type BindShop<C> = (connection: C, work: Waiting) => ShopClient;

/** The one place where transport, token and limiter meet. */
export function createShopClient<C extends { shop: string }>(options: ShopClientOptions<C>): BindShop<C> {
  const { api, tokens } = options;
  const fetchFile = createFetchFile(api);
  return (connection, work) => {
    const { shop } = connection;
    const { signal } = work;
    const send = async <T extends { cost: QueryCost | null }>(
      limit: Limit,
      ask: (access: Access) => Promise<T>,
    ): Promise<T> => {
      const sendAs = (accessToken: string) =>
        sendAdmitted(options, shop, limit, () => ask({ shop, accessToken, signal }));
      // Before the admission: room at the shop is not to wait for a token.
      const token = await tokens.read(connection);
      try {
        return await sendAs(token);
      } catch (error) {
        if (!(error instanceof Unauthorized)) throw error;
        return sendAs(await tokens.refresh(connection, token));
      }
    };
    return {
      shop,
      graphql({ document, variables, cost, follows = false }) {
        const request = { path: 'graphql.json', json: { query: document, variables } };
        const ask = () =>
          send({ api: 'graphql', cost }, async (access) =>
            readGraphql(await askAdminApi(api, access, request), Date.now()),
          );
        return follows ? waitForTurn(ask, work) : ask();
      },
      rest: (path) =>
        send({ api: 'rest', cost: 1 }, async (access) =>
          readRest(await askAdminApi(api, access, { path }), Date.now()),
        ),
      file: (range, read) => fetchFile(range, signal, read),
    };
  };
}
