import { create, toBinary, type JsonObject } from '@bufbuild/protobuf';
import {
  BatchGetCustomerRFMRequestSchema,
  CreateCustomerRequestSchema,
  LARGEST_METADATA,
  metadataProblem,
} from '@core/contracts';
import { createByteBudget } from './byte-budget.ts';
import { collectBytes } from './collect.ts';
import { decodeRequest, MAX_VALUES } from './decode.ts';

const desc = CreateCustomerRequestSchema;
const json = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const wide = (count: number): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`key-${n}`, n]));
/** Returns metadata with as many values as can be stored, or with the given number of values. */
const full = (count = LARGEST_METADATA / 2 - 4): JsonObject => ({ a: Array<number>(count).fill(0) });
const deep = (depth: number): JsonObject => {
  let value: JsonObject = {};
  for (let n = 0; n < depth; n++) value = { a: value };
  return value;
};

describe.each([
  ['JSON', true, (metadata: JsonObject) => json({ metadata })],
  ['binary', false, (metadata: JsonObject) => toBinary(desc, create(desc, { metadata }))],
] as const)('a request in %s', (_, isJson, encode) => {
  const decode = (metadata: JsonObject) => decodeRequest(desc, isJson, encode(metadata));

  it('may contain as many values as can be stored', () => {
    for (const metadata of [wide(4_000), full()]) {
      expect(metadataProblem(metadata)).toBeUndefined();
      expect(decode(metadata)).toMatchObject({ metadata });
    }
  });

  it('is refused with more values', () =>
    expect(() => decode(full(LARGEST_METADATA + MAX_VALUES + 1))).toThrow(
      'metadata: must be at most 64 KiB as JSON',
    ));

  it('may be nested', () => expect(decode(deep(20))).toMatchObject({ metadata: deep(20) }));

  it('is refused with deeper nesting', () =>
    expect(() => decode(deep(120))).toThrow('metadata: must be nested at most 32 levels deep'));
});

it('refuses a request that is not UTF-8', () => {
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0xbd]]) {
    const body = Buffer.concat([Buffer.from('{"email":"'), Buffer.from(bytes), Buffer.from('"}')]);
    expect(() => decodeRequest(desc, true, body)).toThrow('the request is not UTF-8');
  }
  for (const encoding of ['utf16le', 'latin1'] as const) {
    const body = Buffer.from('{"email":"jörg@example.com"}', encoding);
    expect(() => decodeRequest(desc, true, body)).toThrow('the request is not UTF-8');
  }
});

it('does not count commas inside a string', () => {
  const text = { metadata: { a: ',{['.repeat(50_000), b: '\\",'.repeat(30_000) } };
  expect(decodeRequest(desc, true, json(text))).toMatchObject(text);
});

it('limits the values of a request without metadata', () => {
  const batch = BatchGetCustomerRFMRequestSchema;
  const customerIds = Array<string>(MAX_VALUES + 1).fill('x');
  const refusal = `the request has more than ${MAX_VALUES} values`;
  expect(() => decodeRequest(batch, true, json({ customerIds }))).toThrow(refusal);
  expect(() => decodeRequest(batch, false, toBinary(batch, create(batch, { customerIds })))).toThrow(refusal);
});

it('accepts a batch of 1,000 ids', () => {
  const customerIds = Array.from({ length: 1_000 }, () => '018f4e1c-0000-7000-8000-00000000000b');
  const batch = BatchGetCustomerRFMRequestSchema;
  expect(decodeRequest(batch, true, json({ customerIds }))).toMatchObject({ customerIds });
  const bytes = toBinary(batch, create(batch, { customerIds }));
  expect(decodeRequest(batch, false, bytes)).toMatchObject({ customerIds });
});

it.each(['[['.repeat(50_000), '{"a":'.repeat(20_000), '"'.repeat(9_001), '\\'.repeat(9_000)])(
  'refuses %.9s... quickly',
  (text) => expect(() => decodeRequest(desc, true, json(text))).toThrow(),
);

it.each([0x0a, 0x1a, 0x0b, 0xff, 0x00])('refuses 100,000 bytes %i, or reads them', (byte) => {
  try {
    decodeRequest(desc, false, Buffer.alloc(100_000, byte));
  } catch (error) {
    expect((error as Error).message).toMatch(/the request/);
  }
});

describe('collecting bytes', () => {
  it('keeps their order, and returns all of them to the budget', () => {
    const budget = createByteBudget(1_000);
    const collected = collectBytes(100, budget);
    for (const part of ['a', 'bc', '', 'def']) expect(collected.append(Buffer.from(part))).toBeUndefined();
    expect(collected.bytes().toString()).toBe('abcdef');
    expect(budget.held).toBeGreaterThanOrEqual(6);
    collected.release();
    expect(budget.held).toBe(0);
  });

  it('stops at its own limit, at the shared budget, and at too many parts', () => {
    const budget = createByteBudget(10_000);
    expect(collectBytes(10, budget).append(Buffer.alloc(11))).toBe('too_large');
    expect(collectBytes(20_000, budget).append(Buffer.alloc(10_001))).toBe('no_room');
    const parts = collectBytes(9_000, budget);
    let why: string | undefined;
    let taken = 0;
    for (; !why; taken++) why = parts.append(Buffer.alloc(1));
    expect([why, taken]).toEqual(['too_many', 4_097]);
    parts.release();
    expect(budget.held).toBe(0);
  });

  it('counts against a partial budget and the whole budget', () => {
    const all = createByteBudget(10);
    const part = createByteBudget(5, all);
    expect([part.acquire(6), part.acquire(5), all.acquire(6), all.acquire(5), part.acquire(1)]).toEqual([
      false,
      true,
      false,
      true,
      false,
    ]);
    part.release(5);
    expect([part.held, all.held]).toEqual([0, 5]);
  });
});
