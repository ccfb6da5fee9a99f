import { randomBytes } from 'node:crypto';
import { readEnv } from '@core/runtime';
import { keyringEnv } from './config.ts';
import { decrypt, deriveKeys, encrypt, KeyError, parseKeyring } from './keyring.ts';

const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');

describe('parseKeyring', () => {
  it('wraps with the first key and unwraps with every one', () => {
    const secret = randomBytes(32);
    const before = parseKeyring(`a:${key(1)}`).wrap(secret, 'm|1|data');
    const rotated = parseKeyring(`b:${key(2)},a:${key(1)}`);
    expect(rotated.currentId).toBe('b');
    expect(rotated.unwrap(before, 'm|1|data')).toEqual(secret);
    expect(rotated.wrap(secret, 'm|1|data')).toMatch(/^b\./);
  });

  it('refuses a wrapped key in another context, a changed key and an unknown key', () => {
    const ring = parseKeyring(`a:${key(1)}`);
    const wrapped = ring.wrap(randomBytes(32), 'm|1|data');
    expect(() => ring.unwrap(wrapped, 'other|1|data')).toThrow(KeyError);
    expect(() => ring.unwrap(`${wrapped.slice(0, -4)}AAA=`, 'm|1|data')).toThrow(KeyError);
    expect(() => parseKeyring(`b:${key(2)}`).unwrap(wrapped, 'm|1|data')).toThrow(
      /key a is not in CORE_ENCRYPTION_KEYS/,
    );
  });

  it.each([
    ['nothing', '', /id:base64/],
    ['no id', key(1), /id:base64/],
    ['a short key', `a:${Buffer.alloc(16).toString('base64')}`, /key a must have 32 bytes, but has 16/],
    ['one id twice', `a:${key(1)},a:${key(2)}`, /key a is listed twice/],
  ])('refuses %s and names the problem without the key', (_, spec, message) => {
    const parse = () => parseKeyring(spec);
    expect(parse).toThrow(message);
    if (spec) expect(parse).not.toThrow(new RegExp(key(1).slice(0, 8)));
    // readEnv reports the problem at startup, with the variable's name.
    const read = () => readEnv(keyringEnv, { CORE_ENCRYPTION_KEYS: spec });
    expect(read).toThrow(spec ? message : 'is required');
    expect(read).toThrow('CORE_ENCRYPTION_KEYS: ');
  });
});

describe('encrypt', () => {
  it('returns a different value each time', () => {
    const secret = randomBytes(32);
    const plain = Buffer.from('token');
    expect(encrypt(secret, plain, 'c')).not.toBe(encrypt(secret, plain, 'c'));
    expect(decrypt(secret, encrypt(secret, plain, 'c'), 'c')).toEqual(plain);
  });
});

it('derives keys for other purposes, in the order of the keyring', () => {
  const [a, b] = [deriveKeys(`a:${key(1)}`, 'page-token'), deriveKeys(`b:${key(2)}`, 'page-token')];
  expect(deriveKeys(`b:${key(2)},a:${key(1)}`, 'page-token')).toEqual([...b, ...a]);
  expect(a[0]).toHaveLength(32);
  expect(a).not.toEqual(deriveKeys(`a:${key(1)}`, 'another purpose'));
  expect(a[0].toString('base64')).not.toBe(key(1));
  expect(() => deriveKeys('', 'page-token')).toThrow(KeyError);
});
