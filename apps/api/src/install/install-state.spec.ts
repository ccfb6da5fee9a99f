import { randomBytes } from 'node:crypto';
import { aMerchantId } from '@core/testing';
import { createInstallStates, LINK_LIFE_MS } from './install-state.ts';

const [key, other] = [randomBytes(32), randomBytes(32)];
const of = { merchantId: aMerchantId(), shop: 'a-shop.myshopify.com' };
const world = { at: 1_000_000 };
const states = createInstallStates([key], () => world.at);
beforeEach(() => (world.at = 1_000_000));

it('names the merchant and the shop that it was made for, for ten minutes', () => {
  const { state, ...made } = states.make(of);
  expect(made).toMatchObject(of);
  world.at += LINK_LIFE_MS - 1;
  expect(states.read(state)).toEqual(made);
  world.at += 1;
  expect(states.read(state)).toBeUndefined();
});

it('is different each time', () => expect(states.make(of).linkId).not.toBe(states.make(of).linkId));

it('survives a rotation of the keys, but not the end of its key', () => {
  const { state, linkId } = states.make(of);
  const now = () => world.at;
  expect(createInstallStates([other, key], now).read(state)).toMatchObject({ linkId });
  expect(createInstallStates([other], now).read(state)).toBeUndefined();
});

const { state } = createInstallStates([key], () => 1_000_000).make(of);
const [body = '', signature = ''] = state.split('.');
const changed = (text: string, from: string, to: string) =>
  Buffer.from(Buffer.from(text, 'base64url').toString().replace(from, to)).toString('base64url');
it.each([
  ['nothing', ''],
  ['one part', body],
  ['three parts', `${state}.${signature}`],
  ['no signature', `${body}.`],
  ['a signature by another key', createInstallStates([other], () => 1_000_000).make(of).state],
  ['another merchant', `${changed(body, of.merchantId, aMerchantId())}.${signature}`],
  ['another shop', `${changed(body, 'a-shop', 'b-shop')}.${signature}`],
  ['a later end', `${changed(body, String(1_000_000 + LINK_LIFE_MS), '9999999999999')}.${signature}`],
  ['a shortened signature', state.slice(0, -3)],
  ['padding', `${state}=`],
  ['another spelling of base64', state.replace('.', '=.')],
  ['a space', `${state} `],
  ['a long text', 'a'.repeat(1_000_000)],
])('refuses %s', (_, text) => expect(states.read(text)).toBeUndefined());
