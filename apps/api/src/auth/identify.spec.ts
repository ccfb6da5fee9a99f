import { createHmac } from 'node:crypto';
import type { Caller } from '../rpc-context/context.ts';
import { withSessions } from './identify.ts';

const caller = (name: string): Caller => ({ caller: name, scopes: new Set() });
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (header: object) => {
  const signed = `${part(header)}.${part({ sub: 'x' })}`;
  return `${signed}.${createHmac('sha256', 'secret').update(signed).digest('base64url')}`;
};

/** Returns the check that a header reaches, and what it receives. */
async function reached(authorization: string | undefined) {
  const seen: string[] = [];
  const identify = withSessions(
    async (session) => (seen.push(session), caller('session')),
    () => caller('service'),
  );
  const { caller: by } = await identify({
    header: (name) => (name === 'authorization' ? authorization : undefined),
  });
  return [by, ...seen];
}

const HS256 = token({ alg: 'HS256', typ: 'JWT' });
it.each([
  ['Bearer', `Bearer ${HS256}`],
  ['bearer and spaces', `bearer   ${HS256}`],
])('passes a token signed with HS256 to the check of session tokens: %s', async (_, authorization) =>
  expect(await reached(authorization)).toEqual(['session', HS256]),
);

it('passes a console token to the check of session tokens', async () =>
  expect(await reached('Bearer console.e30.x')).toEqual(['session', 'console.e30.x']));

it.each<[string, string | undefined]>([
  ['no token', undefined],
  ['an empty header', ''],
  ['another scheme', `Basic ${HS256}`],
  ['two tokens', `Bearer ${HS256} ${HS256}`],
  ['no parts', 'Bearer x'],
  ['only the first part of a console token', 'Bearer console'],
  ['the first part in capitals', 'Bearer CONSOLE.e30.x'],
  ['a longer first part', 'Bearer consoles.e30.x'],
  ['a header that is not JSON', `Bearer ${Buffer.from('HS256').toString('base64url')}.e30.x`],
  ['a header that is a list', `Bearer ${part(['HS256'])}.e30.x`],
  ['a header without alg', `Bearer ${token({ typ: 'JWT' })}`],
  ['a long header', `Bearer ${token({ alg: 'HS256', x: 'x'.repeat(2_000) })}`],
  ...['ES256', 'RS256', 'EdDSA', 'HS384', 'HS512', 'none', 'hs256', ['HS256']].map(
    (alg): [string, string] => [`alg ${JSON.stringify(alg)}`, `Bearer ${token({ alg })}`],
  ),
])('leaves to the check of services: %s', async (_, authorization) =>
  expect(await reached(authorization)).toEqual(['service']),
);
