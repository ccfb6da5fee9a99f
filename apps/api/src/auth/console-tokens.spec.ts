import { randomBytes } from 'node:crypto';
import { signText } from '@core/crypto';
import { aMerchantId } from '@core/testing';
import { createConsoleTokens } from './console-tokens.ts';

const [key, other] = [randomBytes(32), randomBytes(32)];
const NOW = 1_000_000;
const of = { shop: 'a-shop.myshopify.com', connection: { merchantId: aMerchantId(), since: new Date(7) } };
const tokensOf = (...keys: [Buffer, ...Buffer[]]) => createConsoleTokens(keys, () => NOW);
const token = tokensOf(key).make(of);

it('names the shop and its connection, for an hour', () =>
  expect(tokensOf(key).read(token)).toEqual({ ...of, expiresAt: new Date(NOW + 3_600_000) }));

it('has a form that no JWT has', () => expect(token).toMatch(/^console\.[\w-]{1,300}\.[\w-]{43}$/));

it('survives a rotation of the keys, but not the end of its key', () => {
  expect(tokensOf(other, key).read(token)).toMatchObject(of);
  expect(() => tokensOf(other).read(token)).toThrow('is not of this service');
});

const [, body = '', signature = ''] = token.split('.');
const changed = (from: string, to: string) =>
  Buffer.from(Buffer.from(body, 'base64url').toString().replace(from, to)).toString('base64url');
it.each([
  ['nothing', ''],
  ['only its first part', 'console.'],
  ['no first part', `${body}.${signature}`],
  ['another first part', `Console.${body}.${signature}`],
  ['no signature', `console.${body}.`],
  ['a signature by another key', tokensOf(other).make(of)],
  ['another shop', `console.${changed('a-shop', 'b-shop')}.${signature}`],
  ['another merchant', `console.${changed(of.connection.merchantId, aMerchantId())}.${signature}`],
  ['a later end', `console.${changed(String(NOW + 3_600_000), '9999999999999')}.${signature}`],
  ['a shortened signature', token.slice(0, -3)],
  ['padding', `${token}=`],
  ['a fourth part', `${token}.${signature}`],
  ['a long text', `console.${'a'.repeat(1_000_000)}`],
])('refuses %s', (_, text) =>
  expect(() => tokensOf(key).read(text)).toThrow('the console token is not of this service'),
);

it('refuses a merchant that is none, which it never signs', () =>
  expect(() => tokensOf(key).read(`console.${signText([key], '["m","a",1,9999999999999]')}`)).toThrow(
    'names no merchant',
  ));
