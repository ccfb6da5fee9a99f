import { createExchange, type AppBridge } from './token-source.ts';

/** A source whose exchange and clock the test sets. */
function world(appBridge?: AppBridge) {
  const world = { at: 0, sent: [] as string[], failure: undefined as Error | undefined };
  const tokenOf = createExchange({
    appBridge,
    sessionToken: 'address',
    now: () => world.at,
    exchange: async (sessionToken) => {
      world.sent.push(sessionToken);
      if (world.failure) throw world.failure;
      return { token: `for ${sessionToken}`, expiresIn: 3_600 };
    },
  });
  return Object.assign(world, { tokenOf });
}

it('exchanges the session token of the address once, also for requests at the same moment', async () => {
  const page = world();
  expect(await Promise.all([page.tokenOf(), page.tokenOf()])).toEqual(['for address', 'for address']);
  page.at = 7_200_000;
  expect(await page.tokenOf()).toBe('for address');
  expect(page.sent).toEqual(['address']);
});

it('repeats an exchange that failed with the next request', async () => {
  const page = world();
  page.failure = new TypeError('Failed to fetch');
  await expect(page.tokenOf()).rejects.toThrow('Failed to fetch');
  page.failure = undefined;
  expect(await page.tokenOf()).toBe('for address');
});

it('renews the token with one of App Bridge a minute before its end', async () => {
  let n = 0;
  const page = world({ idToken: () => Promise.resolve(`bridge-${++n}`) });
  expect(await page.tokenOf()).toBe('for bridge-1');
  page.at = 3_540_000 - 1;
  expect(await page.tokenOf()).toBe('for bridge-1');
  page.at += 1;
  expect(await Promise.all([page.tokenOf(), page.tokenOf()])).toEqual(['for bridge-2', 'for bridge-2']);
  page.at += 3_540_000;
  expect(await page.tokenOf()).toBe('for bridge-3');
  expect(page.sent).toEqual(['bridge-1', 'bridge-2', 'bridge-3']);
});
