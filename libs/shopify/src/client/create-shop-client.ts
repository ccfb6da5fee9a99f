import { Unauthorized, type QueryCost } from '../answers/errors.ts';
import { readGraphql } from '../answers/read-graphql.ts';
import { readRest } from '../answers/read-rest.ts';
import { sendAdmitted, type Admitting } from '../limiter/send-admitted.ts';
import type { Limit } from '../limiter/limiter.ts';
import { createFetchFile } from './fetch-file.ts';
import type { ShopClient } from './shop-client.ts';
import { sendAdminRequest, type Access, type AdminApi } from './transport.ts';
import { waitForPermit, type Waiting } from './wait-for-permit.ts';

/** The tokens of connected shops. `C` identifies a connection in the token store. */
export interface ShopTokens<C> {
  read(connection: C): Promise<string>;
  /** @param refused the token that the shop refused */
  refresh(connection: C, refused: string): Promise<string>;
}

export interface ShopClientOptions<C> extends Admitting {
  api: AdminApi;
  tokens: ShopTokens<C>;
}

/** Binds a client to a shop. The client serves one unit of work and stops with the signal of that work. */
export type BindShop<C> = (connection: C, work: Waiting) => ShopClient;

/** Creates the only clients that combine transport, token and limiter. */
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
      // Before the admission: a granted request must not wait for a token while it holds the shop's capacity.
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
            readGraphql(await sendAdminRequest(api, access, request), Date.now()),
          );
        return follows ? waitForPermit(ask, work) : ask();
      },
      rest: (path) =>
        send({ api: 'rest', cost: 1 }, async (access) =>
          readRest(await sendAdminRequest(api, access, { path }), Date.now()),
        ),
      file: (range, read) => fetchFile(range, signal, read),
    };
  };
}
