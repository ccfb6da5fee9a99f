import { withoutEmails, withoutPersonalData } from './personal-data.ts';

const clean = (body: string | Buffer | null) =>
  withoutPersonalData(typeof body === 'string' ? Buffer.from(body) : body)?.toString() ?? null;

describe('withoutPersonalData', () => {
  it.each<[string, string, string]>([
    ['a field email', '{"email":"ada@example.com"}', '{"email":"[removed]"}'],
    ['at any depth', '{"a":[{"b":{"email":"x"}}]}', '{"a":[{"b":{"email":"[removed]"}}]}'],
    [
      'camel case',
      '{"customerEmail":1,"emailAddress":2}',
      '{"customerEmail":"[removed]","emailAddress":"[removed]"}',
    ],
    [
      'snake case',
      '{"customer_email":{"v":"x"},"e_mail":["x"]}',
      '{"customer_email":"[removed]","e_mail":"[removed]"}',
    ],
    ['in other texts', '{"note":"call ada@example.com."}', '{"note":"call [removed]"}'],
    ['as a field name', '{"ada@example.com":1}', '{"[removed]":1}'],
    ['escaped', '{"note":"ada\\u0040example.com"}', '{"note":"[removed]"}'],
    ['a bare text', '"ada@example.com"', '"[removed]"'],
  ])('removes %s', (_what, body, expected) => {
    expect(clean(body)).toBe(expected);
  });

  it('is quick with half a megabyte in one word', () => {
    const word = 'x'.repeat(500_000);
    expect(withoutEmails(`${word} @`)).toBe(`${word} @`);
    expect(withoutEmails(`to: ${word}@example.com`)).toBe('to: [removed]');
  });

  it('keeps the bytes of a body with nothing to hide', () => {
    const body = '{ "sequence": 12345678901234567890, "email": null, "n": 1.0 }';
    expect(clean(body)).toBe(body);
  });

  it.each<[string, Buffer | null]>([
    ['nothing', null],
    ['no JSON', Buffer.from('{"email":"ada@example.com"')],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['too much', Buffer.from(`"${'x'.repeat(600_000)}"`)],
  ])('gives no body for %s', (_what, body) => {
    expect(clean(body)).toBeNull();
  });
});

it('withoutEmails also knows the wide signs that normalise to @', () => {
  expect(withoutEmails('ada＠example.com, <bob@example.com>')).toBe('[removed], <[removed]>');
});
