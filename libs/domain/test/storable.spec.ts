import { randomInt } from 'node:crypto';
import { LARGEST_METADATA, metadataProblem, readJson, textProblem } from '@core/contracts';
import { isRefusedValue } from '@core/db';
import { canonicalJson } from '../src/core/index.ts';
import { openWorld, type World } from './support.ts';

// Compares the rule of what can be stored with what PostgreSQL itself accepts.
let world: World;
beforeAll(async () => (world = await openWorld('core_owner')));
afterAll(() => world.close());

const seed = randomInt(2 ** 31);
let state = seed;
const below = (n: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};
const one = <T>(of: readonly T[]): T => of[below(of.length)]!;

const PARTS = [
  'x',
  '\\',
  '"',
  '\\u0000',
  '\\ud83d',
  '\u{1f600}',
  '\n',
  '\u0001',
  '\u0085',
  '\u2028',
  '\uffff',
  '',
];
const WRONG = ['\0', '\ud83d', '\ude00'];
const NUMBERS = [0, -0, 0.1, 1e21, -1.5e-7, 5e-324, 1.7976931348623157e308, 2 ** 53, -1e100, 1e-6];
const text = (): string =>
  Array.from({ length: below(4) }, () => (below(30) === 0 ? one(WRONG) : one(PARTS))).join('');
const name = (): string => one([text(), '__proto__']);
const value = (level: number): unknown => {
  const kind = below(level > 6 ? 3 : 5);
  if (kind === 0) return text();
  if (kind === 1) return one(NUMBERS);
  if (kind === 2) return one([true, null, '']);
  const inner = Array.from({ length: below(4) }, () => value(level + 1));
  return kind === 3 ? inner : Object.fromEntries(inner.map((each) => [name(), each]));
};
const metadata = (): object => Object.fromEntries([0, 1, 2].map(() => [name(), value(1)]));

const stored = async <T>(type: string, given: string): Promise<T | 'refused'> => {
  try {
    const { rows } = await world.owner.query<{ stored: T }>(`select $1::${type} as stored`, [given]);
    return rows[0]!.stored;
  } catch (error) {
    expect(isRefusedValue(error)).toBe(true);
    return 'refused';
  }
};

it(`accepts exactly the metadata that PostgreSQL returns unchanged (seed ${seed})`, async () => {
  const seen = { stored: 0, refused: 0 };
  for (let n = 0; n < 2_000; n++) {
    const given = metadata();
    const json = JSON.stringify(given);
    const back = await stored<object>('jsonb', json);
    expect([json, back === 'refused']).toEqual([json, metadataProblem(given) === 'characters']);
    if (back === 'refused') seen.refused += 1;
    else {
      seen.stored += 1;
      // Also with names that JSON.parse would misread.
      expect(canonicalJson(back)).toBe(canonicalJson(readJson(json)));
    }
  }
  expect(Math.min(seen.stored, seen.refused)).toBeGreaterThan(50);
});

it('accepts only texts that PostgreSQL returns unchanged', async () => {
  let passed = 0;
  for (let n = 0; n < 1_000; n++) {
    const given = text();
    if (textProblem(given, 255)) continue;
    passed += 1;
    expect(await stored('text', given)).toBe(given);
  }
  expect(passed).toBeGreaterThan(100);
});

it.each([1e21, -1e21, 1.5e22, 1e300, 1.7976931348623157e308, 1e-7, -1.5e-7, 1.2345678901234567e-100, 5e-324])(
  'counts the bytes of %d as PostgreSQL writes it',
  async (number) => {
    const { rows } = await world.owner.query<{ bytes: number }>(
      'select octet_length($1::jsonb::text) as bytes',
      [JSON.stringify(number)],
    );
    const room = LARGEST_METADATA - rows[0]!.bytes - '{"n":,"x":""}'.length;
    const filled = (bytes: number) => ({ n: number, x: 'x'.repeat(bytes) });
    expect([metadataProblem(filled(room)), metadataProblem(filled(room + 1))]).toEqual([
      undefined,
      'too_large',
    ]);
  },
);
