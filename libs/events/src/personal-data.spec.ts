import type { KeptFields } from '@core/contracts';
import { keyWithoutPersonalData, withoutEmails, withoutPersonalData } from './personal-data.ts';

const KEPT: KeptFields = {
  note: 'text',
  sequence: 'int64',
  customer_id: 'uuid',
  event_id: 'id',
  email: 'removed',
  score: { recency: 'int32', as_of: 'time', deeper: { segment: 'text' } },
};
const clean = (body: string | Buffer | null) =>
  withoutPersonalData(typeof body === 'string' ? Buffer.from(body) : body, KEPT)?.toString() ?? null;
const UNKNOWN = '"[removed]":"fields that the schema does not know"';

describe('withoutPersonalData', () => {
  it.each<[string, string, string]>([
    ['the name of a person', '{"email":"ada@example.com"}', '{"email":"[removed]"}'],
    ['a name in another form', '{"email":{"v":"x"}}', '{"email":"[removed]"}'],
    ['an unknown field', '{"phone":"555-0100","note":"n"}', `{"note":"n",${UNKNOWN}}`],
    ['unknown fields, with one marker', '{"first_name":"Ada","last_name":"L"}', `{${UNKNOWN}}`],
    ['a field with the name of an inherited property', '{"constructor":"Ada"}', `{${UNKNOWN}}`],
    [
      'an unknown field of an object',
      '{"score":{"recency":5,"of":"Ada"}}',
      `{"score":{"recency":5,${UNKNOWN}}}`,
    ],
    [
      'an unknown field at a deeper level',
      '{"score":{"deeper":{"of":1}}}',
      `{"score":{"deeper":{${UNKNOWN}}}}`,
    ],
    ['an object in place of a string', '{"note":{"of":"Ada"}}', '{"note":"[removed]"}'],
    ['a list in place of a string', '{"note":["Ada"]}', '{"note":"[removed]"}'],
    ['a string in place of an object', '{"score":"Ada"}', '{"score":"[removed]"}'],
    [
      'an id that is not our own',
      '{"customer_id":"gid://shopify/Customer/7"}',
      '{"customer_id":"[removed]"}',
    ],
    ['a number in place of an id', '{"customer_id":7}', '{"customer_id":"[removed]"}'],
    ['a name in place of a number', '{"score":{"recency":"Ada"}}', '{"score":{"recency":"[removed]"}}'],
    ['a name in place of a time', '{"score":{"as_of":"Ada"}}', '{"score":{"as_of":"[removed]"}}'],
    ['a name in an id', '{"event_id":"Ada Lovelace"}', '{"event_id":"[removed]"}'],
    ['a text longer than any name', `{"note":"${'x'.repeat(65)}"}`, '{"note":"[removed]"}'],
    ['an email in a text', '{"note":"call ada@example.com."}', '{"note":"call [removed]"}'],
    ['an email as a field name', '{"ada@example.com":1}', `{${UNKNOWN}}`],
    ['an escaped email', '{"note":"ada\\u0040example.com"}', '{"note":"[removed]"}'],
  ])('removes %s', (_what, body, expected) => {
    expect(clean(body)).toBe(expected);
    // A deferred event that becomes a dead letter is cleaned twice.
    expect(clean(expected)).toBe(expected);
  });

  it('keeps what may be kept', () => {
    const body =
      '{"note":"","sequence":17,"customer_id":"10000000-0000-4000-8000-00000000000A","email":null,"score":{"recency":5}}';
    expect(clean(body)).toBe(body);
  });

  it.each(['{"sequence":9007199254740993}', '{"sequence":1e3}', '{"sequence":1.0,"note":-0}'])(
    'keeps the digits of %s',
    (body) => {
      expect(clean(body)).toBe(body);
      expect(clean(body.replace('}', ',"phone":1}'))).toBe(body.replace('}', `,${UNKNOWN}}`));
    },
  );

  it('handles half a megabyte in one word quickly', () => {
    const word = 'x'.repeat(500_000);
    expect(withoutEmails(`${word} @`)).toBe(`${word} @`);
    expect(withoutEmails(`to: ${word}@example.com`)).toBe('to: [removed]');
  });

  it.each<[string, string | Buffer | null]>([
    ['nothing', null],
    ['invalid JSON', '{"email":"ada@example.com"'],
    ['a text', '"Ada"'],
    ['a list', '[{"note":"Ada"}]'],
    ['null', 'null'],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['two values of a field', '{"note":"Ada","note":"n"}'],
    ['too much', `{"note":"${'x'.repeat(600_000)}"}`],
  ])('returns no body for %s', (_what, body) => {
    expect(clean(body)).toBeNull();
  });
});

it('withoutEmails also recognizes the wide signs that normalize to @', () => {
  expect(withoutEmails('ada＠example.com, <bob@example.com>')).toBe('[removed], <[removed]>');
});

it('keyWithoutPersonalData keeps only our own ids', () => {
  const id = Buffer.from('10000000-0000-4000-8000-000000000001');
  expect([keyWithoutPersonalData(id), keyWithoutPersonalData(null)]).toEqual([id, null]);
  for (const name of ['gid://shopify/Customer/7', '7', 'ada@example.com', 'k'.repeat(5_000)]) {
    expect(keyWithoutPersonalData(Buffer.from(name))).toBe('[removed]');
  }
});
