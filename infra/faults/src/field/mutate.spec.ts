import { createChoices } from '../requests/choices.ts';
import { mutateFields, respell, spoil, toText, type JsonObject } from './mutate.ts';

const customer: JsonObject = { id: 7, email: 'ada@example.com', address: { city: 'Berlin' }, tags: ['vip'] };
const many = (seed: number, n = 2_000) => {
  const choices = createChoices(seed);
  return Array.from({ length: n }, () => toText(mutateFields(choices, customer)));
};

it('makes the same of the same seed, and leaves what it was given', () => {
  expect(many(1)).toEqual(many(1));
  expect(many(1)).not.toEqual(many(2));
  expect(customer).toEqual({ id: 7, email: 'ada@example.com', address: { city: 'Berlin' }, tags: ['vip'] });
});

it('mutates types, precision, presence and encodings', () => {
  const texts = many(3);
  // All of it is JSON, whatever it says.
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
  ]) {
    expect(texts.filter((text) => text.includes(part)).length).toBeGreaterThan(0);
  }
  expect(texts.some((text) => !text.includes('"email"'))).toBe(true);
  expect(new Set(texts).size).toBeGreaterThan(1_000);
});

it('keeps to the fields that it may mutate', () => {
  const choices = createChoices(4);
  for (let n = 0; n < 500; n++) {
    expect(mutateFields(choices, customer, ['email', 'tags'])).toMatchObject({
      id: 7,
      address: { city: 'Berlin' },
    });
  }
});

it('spells the same JSON otherwise, or spoils it', () => {
  const choices = createChoices(5);
  for (let n = 0; n < 200; n++) {
    const given = { ...customer, none: null, really: true, quoted: 'a "b" \\u0000' };
    expect(JSON.parse(new TextDecoder().decode(respell(choices, toText(given))))).toEqual(given);
  }
  const spoilt = Array.from({ length: 200 }, () => spoil(choices, toText(customer)));
  const isWhole = (bytes: Buffer) => bytes.equals(Buffer.from(toText(customer)));
  expect(spoilt.filter(isWhole)).toEqual([]);
});
