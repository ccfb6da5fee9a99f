// tag: compliance
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { createPublicKeys } from './public-keys.ts';

async function newKey(): Promise<JWK> {
  const { publicKey } = await generateKeyPair('ES256');
  return { ...(await exportJWK(publicKey)), kid: randomUUID(), alg: 'ES256' };
}

let first: JWK;
let second: JWK;
beforeAll(async () => ([first, second] = await Promise.all([newKey(), newKey()])));

/** An issuer with its keys, the number of requests to it, and a clock that the test moves. */
function world(issued: JWK[], waitWhileDown = false) {
  const world = { at: 0, asked: 0, issued, down: false, warned: 0 };
  const keys = createPublicKeys({
    load: async () => {
      world.asked++;
      if (world.down) throw new Error('connection refused');
      return { keys: world.issued };
    },
    variable: 'CORE_AUTH_JWKS',
    log: { warn: () => void world.warned++ },
    waitWhileDown,
    now: () => world.at,
  });
  const find = async ({ kid }: JWK) => {
    try {
      await keys({ alg: 'ES256', ...(kid ? { kid } : {}) }, { payload: '', signature: '' });
      return 'found';
    } catch (error) {
      const { code, kind } = error as { code?: string; kind?: string };
      return code ?? kind;
    }
  };
  return Object.assign(world, { find });
}
const UNKNOWN = 'ERR_JWKS_NO_MATCHING_KEY';

it('fetches the keys once for all waiting callers, and not again for five minutes', async () => {
  const issuer = world([first]);
  expect(await Promise.all([first, first, first].map(issuer.find))).toEqual(['found', 'found', 'found']);
  issuer.at = 299_999;
  await issuer.find(first);
  expect(issuer.asked).toBe(1);
  issuer.at = 300_000;
  await issuer.find(first);
  expect(issuer.asked).toBe(2);
});

it('fetches the keys again for an unknown key, at most every ten seconds', async () => {
  const issuer = world([first]);
  await issuer.find(first);
  issuer.issued = [first, second];
  expect(await issuer.find(second)).toBe(UNKNOWN);
  issuer.at = 10_000;
  expect(await Promise.all([second, second].map(issuer.find))).toEqual(['found', 'found']);
  expect(await issuer.find(first)).toBe('found');
  expect(issuer.asked).toBe(2);
  for (let n = 0; n < 100; n++) expect(await issuer.find({ ...first, kid: randomUUID() })).toBe(UNKNOWN);
  expect(issuer.asked).toBe(2);
});

it('refuses a withdrawn key', async () => {
  const issuer = world([first, second]);
  await issuer.find(first);
  issuer.issued = [second];
  issuer.at = 300_000;
  expect(await issuer.find(first)).toBe(UNKNOWN);
});

it('continues with its keys while the issuer is down', async () => {
  const issuer = world([first]);
  await issuer.find(first);
  issuer.down = true;
  issuer.at = 300_000;
  expect(await issuer.find(first)).toBe('found');
  expect(await issuer.find(second)).toBe(UNKNOWN);
  expect([issuer.asked, issuer.warned]).toEqual([2, 1]);
  issuer.down = false;
  issuer.issued = [second];
  issuer.at = 310_000;
  expect(await issuer.find(second)).toBe('found');
});

it('reports an unknown key as unavailable while the issuer is down, if the caller can wait', async () => {
  const issuer = world([first], true);
  await issuer.find(first);
  issuer.down = true;
  issuer.at = 10_000;
  expect([await issuer.find(first), await issuer.find(second)]).toEqual(['found', 'unavailable']);
  Object.assign(issuer, { down: false, issued: [first, second], at: 20_000 });
  expect(await issuer.find(second)).toBe('found');
  expect(await issuer.find({ ...first, kid: randomUUID() })).toBe(UNKNOWN);
});

it('reports unavailable without keys, and fetches again each second', async () => {
  const issuer = world([first]);
  issuer.down = true;
  expect(await issuer.find(first)).toBe('unavailable');
  issuer.down = false;
  expect(await issuer.find(first)).toBe('unavailable');
  expect(issuer.asked).toBe(1);
  issuer.at = 1_000;
  expect(await issuer.find(first)).toBe('found');
});
