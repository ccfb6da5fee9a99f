// tag: compliance
import { exportJWK, flattenedVerify, FlattenedSign, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import { ALGORITHMS, createPublicKeys } from './public-keys.ts';
import { tryKeys } from './try-keys.ts';

interface Pair {
  jwk: JWK;
  privateKey: CryptoKey;
}
async function newPair(more: JWK = {}): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  return { jwk: { ...(await exportJWK(publicKey)), ...more }, privateKey };
}
const newPairs = (count: number) => Promise.all(Array.from({ length: count }, () => newPair()));

/** A source with its keys, and a clock that the test moves. */
function world(published: Pair[], waitWhileDown = false) {
  const world = { at: 0, asked: 0, down: false, published, verified: 0 };
  const keys = createPublicKeys({
    load: async () => {
      world.asked++;
      if (world.down) throw new Error('connection refused');
      return { keys: world.published.map(({ jwk }) => jwk) };
    },
    variable: 'CORE_AUTH_JWKS',
    log: { warn: () => undefined },
    waitWhileDown,
    now: () => world.at,
  });
  const verdict = async ({ privateKey }: Pair, kid?: string) => {
    const jws = await new FlattenedSign(Buffer.from('text'))
      .setProtectedHeader({ alg: 'ES256', ...(kid === undefined ? {} : { kid }) })
      .sign(privateKey);
    try {
      await tryKeys(keys, (found) => {
        world.verified++;
        return flattenedVerify(jws, found, { algorithms: ALGORITHMS });
      });
      return 'fits';
    } catch (error) {
      const { code, kind } = error as { code?: string; kind?: string };
      return code ?? kind;
    }
  };
  return Object.assign(world, { verdict });
}
const DOES_NOT_FIT = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';

it('tries every key if the signature has no kid, and every key that shares its kid', async () => {
  const pairs = await newPairs(3);
  const unnamed = world(pairs);
  for (const pair of pairs) expect(await unnamed.verdict(pair)).toBe('fits');
  const twins = [await newPair({ kid: 'a' }), await newPair({ kid: 'a' })];
  for (const pair of twins) expect(await world(twins).verdict(pair, 'a')).toBe('fits');
});

it('tries only signature keys of this algorithm', async () => {
  const own = await newPair();
  const unfit = await Promise.all([{ use: 'enc' }, { alg: 'ES512' }, { key_ops: ['sign'] }].map(newPair));
  const source = world([...unfit, own]);
  expect(await source.verdict(own)).toBe('fits');
  for (const pair of unfit) expect(await source.verdict(pair)).toBe(DOES_NOT_FIT);
});

it('skips a key that cannot be read', async () => {
  const pair = await newPair();
  const broken = { ...pair, jwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } };
  expect(await world([broken, broken, pair]).verdict(pair)).toBe('fits');
});

it('tries at most ten keys', async () => {
  const pairs = await newPairs(12);
  const source = world(pairs);
  expect(await source.verdict(pairs[9] as Pair)).toBe('fits');
  expect(await source.verdict(pairs[10] as Pair)).toBe(DOES_NOT_FIT);
  source.verified = 0;
  await source.verdict(await newPair());
  expect(source.verified).toBe(1 + 10);
});

it('fetches new keys when none matches, at most every ten seconds and never for a known kid', async () => {
  const [first, second] = [await newPair({ kid: 'a' }), await newPair({ kid: 'b' })];
  const source = world([first]);
  expect(await source.verdict(first)).toBe('fits');
  source.published = [first, second];
  expect(await source.verdict(second)).toBe(DOES_NOT_FIT);
  source.at = 10_000;
  expect(await source.verdict(second, 'a')).toBe(DOES_NOT_FIT);
  expect(source.asked).toBe(1);
  expect(await source.verdict(second)).toBe('fits');
  for (let n = 0; n < 20; n++) expect(await source.verdict(await newPair())).toBe(DOES_NOT_FIT);
  expect(source.asked).toBe(2);
});

it.each([
  [false, DOES_NOT_FIT],
  [true, 'unavailable'],
])('handles a key that may be new while the source is down; can wait: %s', async (waits, answer) => {
  const [first, second] = await newPairs(2);
  const source = world([first as Pair], waits);
  await source.verdict(first as Pair);
  Object.assign(source, { down: true, at: 10_000 });
  expect(await source.verdict(first as Pair)).toBe('fits');
  expect(await source.verdict(second as Pair)).toBe(answer);
  Object.assign(source, { down: false, at: 20_000, published: [second] });
  expect(await source.verdict(second as Pair)).toBe('fits');
});
