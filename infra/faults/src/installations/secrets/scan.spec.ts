import { createScanner, endsOf, type Wanted } from './scan.ts';

const SECRETS = [
  { what: 'a token', text: `${'shpat'}_0f1e2d3c4b5a69788796a5b4c3d2e1f0`, merchantId: 'one' },
  { what: 'a stored token', text: '1.q+/8eE6E4Ouk7x0W3U5w==' },
];
const scanner = createScanner(SECRETS);
const scan = (written: string | Buffer): string[] => {
  const found: Wanted[] = [];
  scanner.scan(Buffer.from(written), (wanted) => found.push(wanted));
  return [...new Set(found.map(({ what, form }) => `${what} ${form}`))];
};

describe.each(SECRETS)('$what', ({ what, text }) => {
  it.each<[string, string]>([
    ['as it is', `{"error":"refused ${text}"}`],
    ['in hex', `\\x${Buffer.from(text).toString('hex')}00`],
    ['in hex', Buffer.from(`(${text})`).toString('hex').toUpperCase()],
    ['in base64', Buffer.from(`${text}!`).toString('base64')],
    ['in base64', Buffer.from(`a${text}!`).toString('base64url')],
    ['in base64', Buffer.from(`ab${text}!`).toString('base64')],
  ])('is found %s', (form, written) => expect(scan(`some text ${written}`)).toContain(`${what} ${form}`));
});

it('finds a text that is encoded for a URL', () =>
  expect(scan(`?of=${encodeURIComponent('1.q+/8eE6E4Ouk7x0W3U5w==')}&x`)).toEqual([
    'a stored token encoded for a URL',
  ]));

it('finds nothing elsewhere', () => {
  expect(scan(SECRETS[0]?.text.slice(0, -1) ?? '')).toEqual([]);
  expect(scan(Buffer.alloc(100_000, 'shpat_0123456789abcde'))).toEqual([]);
});

it('finds every occurrence, wherever a chunk ends', () => {
  const text = `${'x'.repeat(40)}${SECRETS[0]?.text}${'y'.repeat(40)}`;
  const end = text.indexOf('y');
  for (let cut = 1; cut < text.length; cut++) {
    const chunks = [text.slice(0, cut), text.slice(Math.max(0, cut - scanner.overlap))];
    expect([cut, end, chunks.flatMap(scan)]).toEqual([cut, end, ['a token as it is']]);
  }
});

it('refuses a secret that is too short to be told from other text', () =>
  expect(() => endsOf('short')).toThrow('too short'));
