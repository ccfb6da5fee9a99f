import { integer, integerOr, name, oneOf, pastTime, rateOr, text, time, customerIds } from './option.ts';

const now = () => Date.parse('2026-01-02T12:00:00Z');

describe('an option', () => {
  it.each([
    ['2h', '2026-01-02T10:00:00.000Z'],
    ['90s', '2026-01-02T11:58:30.000Z'],
    ['15m', '2026-01-02T11:45:00.000Z'],
    ['3d', '2025-12-30T12:00:00.000Z'],
    ['2026-01-02T03:04:05.123456Z', '2026-01-02T03:04:05.123456Z'],
    ['2026-01-02T03:04:05+02:00', '2026-01-02T03:04:05+02:00'],
    ['2026-01-02t03:04:05z', '2026-01-02t03:04:05z'],
  ])('reads the time %s', (given, expected) => {
    expect(time('', now).parse([given])).toBe(expected);
  });

  it.each([
    'yesterday',
    '2h30m',
    '-1h',
    '2026-01-02',
    '2026-13-02T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-01-02T24:00:00Z',
    '2026-01-02T00:00:60Z',
    '2026-01-02T00:00:00+24:00',
    '',
  ])('refuses the time %j', (given) => expect(() => time('').parse([given])).toThrow('must be a time'));

  it('reads a rate with and without its unit', () => {
    const rate = rateOr(500, '', 10_000);
    expect([[], ['20'], ['20/s']].map((given) => rate.parse(given))).toEqual([500, 20, 20]);
    for (const wrong of ['0', '20/m', 'fast', '10001', '1e3']) {
      expect(() => rate.parse([wrong])).toThrow(`must be a whole number from 1 to 10000, got ${wrong}`);
    }
  });

  it.each(['-1', '10', '1.5', '1e0', ' 1', ''])('refuses the number %j and reports the range', (wrong) => {
    const range = { min: 1, max: 9 };
    for (const option of [integer('', range), integerOr(1, '', range)]) {
      expect(() => option.parse([wrong])).toThrow(`must be a whole number from 1 to 9, got ${wrong}`);
      expect(option.doc).toContain('1 to 9');
    }
  });

  it('escapes control characters and truncates a long value in the message', () =>
    expect(() => integer('').parse([`\u0007${'x'.repeat(100)}`])).toThrow(new RegExp(`got \\\\u0007x{39}$`)));

  it('refuses a future time where a past time is required', () => {
    expect(pastTime('', now).parse(['2026-01-02T12:00:00Z'])).toBe('2026-01-02T12:00:00Z');
    expect(pastTime('', now).parse(['0s'])).toBe('2026-01-02T12:00:00.000Z');
    const later = '2026-01-02T14:00:01+02:00';
    expect(() => pastTime('', now).parse([later])).toThrow(`must not be in the future, got ${later}`);
  });

  it('accepts a name only if it can be stored', () => {
    expect(name('<name>', '').parse(['ada \\ud83d'])).toBe('ada \\ud83d');
    for (const wrong of ['a\nb', 'a\0b', '\ud83d'])
      expect(() => name('<name>', '').parse([wrong])).toThrow('must consist of visible characters');
    expect(() => name('<name>', '').parse(['x'.repeat(256)])).toThrow('must have at most 255 characters');
  });

  it('refuses a value that is not in the list, empty, or not a UUID', () => {
    expect(() => oneOf(['a', 'b'], '').parse(['c'])).toThrow('must be one of a, b');
    expect(() => text('<text>', '').parse([''])).toThrow('must not be empty');
    expect(() => customerIds('').parse(['00000000-0000-4000-8000-000000000001', '1'])).toThrow(
      'must be a UUID',
    );
    expect(customerIds('').parse([])).toBeUndefined();
  });
});
