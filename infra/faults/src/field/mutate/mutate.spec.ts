import { createChoices } from '../../requests/choices.ts';
import { raw, varyJson, toText, type JsonObject } from './json.ts';
import { mutateFields } from './mutate-fields.ts';
import { flipBytes, corruptBody } from './corrupt-body.ts';

const customer: JsonObject = { id: 7, email: 'ada@example.com', address: { city: 'Berlin' }, tags: ['vip'] };
const many = (seed: number, n = 4_000) => {
  const choices = createChoices(seed);
  return Array.from({ length: n }, () => toText(mutateFields(choices, customer)));
};

it('returns the same mutations for the same seed, and does not change its input', () => {
  expect(many(1)).toEqual(many(1));
  expect(many(1)).not.toEqual(many(2));
  expect(customer).toEqual({ id: 7, email: 'ada@example.com', address: { city: 'Berlin' }, tags: ['vip'] });
});

it('mutates types, precision, presence and encodings', () => {
  const texts = many(3);
  // Every text is valid JSON.
  for (const text of texts) JSON.parse(text);
  for (const part of [
    '"id":"7"',
    '"id":7.0',
    '9007199254740993',
    '1e400',
    '"email":null',
    '"address":{}',
    'half an emoji \\ud83d',
    'a\\u0000b',
    '"id":1767312000000.5',
    '"id":[7]',
    '"__proto__":',
  ]) {
    expect(texts.filter((text) => text.includes(part)).length).toBeGreaterThan(0);
  }
  expect(texts.some((text) => !text.includes('"email"'))).toBe(true);
  expect(new Set(texts).size).toBeGreaterThan(2_000);
});

it('mutates only the permitted fields', () => {
  const choices = createChoices(4);
  for (let n = 0; n < 500; n++) {
    expect(mutateFields(choices, customer, ['email', 'tags'])).toMatchObject({
      id: 7,
      address: { city: 'Berlin' },
    });
  }
});

it('writes the same JSON in other bytes, in camelCase only if permitted', () => {
  const choices = createChoices(5);
  const original: JsonObject = {
    ...customer,
    none: null,
    really: true,
    quoted: 'a "b" \\u0000 \u{1f600} \ud83d',
    snake_case: { inner_name: ['x', { y: 1 }] },
  };
  const texts = new Set<string>();
  for (let n = 0; n < 500; n++) {
    const text = new TextDecoder().decode(varyJson(choices, original));
    texts.add(text);
    expect(JSON.parse(text)).toEqual(original);
  }
  expect(texts.size).toBeGreaterThan(200);
  const big = varyJson(createChoices(6), { n: raw('9007199254740993') }).toString();
  expect(big).toContain('9007199254740993');
  const camelCased = Array.from({ length: 200 }, () =>
    varyJson(choices, original, { camel: true }).toString(),
  );
  expect(camelCased.some((text) => JSON.parse(text.replace('\u{feff}', '')).snakeCase !== undefined)).toBe(
    true,
  );
});

it('corrupts a body, and flips bytes', () => {
  const choices = createChoices(7);
  const whole = Buffer.from(toText(customer));
  for (let n = 0; n < 300; n++) {
    const { bytes, note } = corruptBody(choices, whole.toString());
    expect({ note, whole: bytes?.equals(whole) ?? false }).toEqual({ note, whole: false });
    expect(flipBytes(choices, whole)).toHaveLength(whole.length);
  }
});
