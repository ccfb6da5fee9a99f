// tag: compliance
import type { PeerCertificate } from 'node:tls';
import { createCertificateCheck, parseClients } from './clients.ts';

const clients = parseClients(
  'points=rfm:read customers:read ; spiffe://example.com/campaign?v=1=rfm:read;a,b=rfm:read;',
);

it('reads names and scopes', () =>
  expect(clients).toEqual([
    { caller: 'points', scopes: new Set(['rfm:read', 'customers:read']) },
    { caller: 'spiffe://example.com/campaign?v=1', scopes: new Set(['rfm:read']) },
    { caller: 'a,b', scopes: new Set(['rfm:read']) },
  ]));

it.each(['points', '=rfm:read', 'points=', 'points=root', 'points=rfm:read,customers:read'])(
  'refuses %j',
  (raw) => expect(() => parseClients(raw)).toThrow('must be name=scope scope;name=scope'),
);

it('refuses a client that is named twice', () =>
  expect(() => parseClients('a=rfm:read;a=customers:read')).toThrow('must name each client once'));

const callerOf = (CN: string | string[], subjectaltname?: string) => {
  try {
    return createCertificateCheck(clients)({ subject: { CN }, subjectaltname } as PeerCertificate).caller;
  } catch (error) {
    return (error as { kind: string }).kind;
  }
};

it.each([
  ['its CN', 'points', undefined, 'points'],
  ['its CN beside host names', 'points', 'DNS:points.example.com, IP Address:127.0.0.1', 'points'],
  ['its URI', 'x', 'DNS:b, URI:spiffe://example.com/campaign?v=1', 'spiffe://example.com/campaign?v=1'],
  // Node writes a comma in this form.
  ['a URI with a comma', 'x', 'URI:"a\\u002cb", DNS:x', 'a,b'],
  ['an unknown CN', 'root', undefined, 'unauthenticated'],
  ['a CN beside an unknown URI', 'points', 'URI:spiffe://example.com/root', 'unauthenticated'],
  ['a CN beside unreadable names', 'points', 'DNS:b, "URI:x', 'unauthenticated'],
  ['two CNs', ['points', 'root'], undefined, 'unauthenticated'],
  ['a host name that imitates a URI', 'x', 'DNS:"a\\u002c URI:a\\u002cb"', 'unauthenticated'],
  [
    'a host name with unescaped commas that imitates a URI',
    'x',
    'DNS:"a, URI:\\"a,b\\", DNS:b"',
    'unauthenticated',
  ],
  ['a host name with quotes that imitates a URI', 'x', 'DNS:"a\\", URI:a,b, DNS:\\"b"', 'unauthenticated'],
])('identifies a client by %s', (_, cn, names, caller) => expect(callerOf(cn, names)).toBe(caller));
