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
    ['a name of another form', '{"email":{"v":"x"}}', '{"email":"[removed]"}'],
    ['a field nobody knows', '{"phone":"555-0100","note":"n"}', `{"note":"n",${UNKNOWN}}`],
    ['fields nobody knows, once', '{"first_name":"Ada","last_name":"L"}', `{${UNKNOWN}}`],
    ['one that looks like a part of every object', '{"constructor":"Ada"}', `{${UNKNOWN}}`],
    ['the field of an object', '{"score":{"recency":5,"of":"Ada"}}', `{"score":{"recency":5,${UNKNOWN}}}`],
    ['deeper', '{"score":{"deeper":{"of":1}}}', `{"score":{"deeper":{${UNKNOWN}}}}`],
    ['an object where a text belongs', '{"note":{"of":"Ada"}}', '{"note":"[removed]"}'],
    ['a list where a text belongs', '{"note":["Ada"]}', '{"note":"[removed]"}'],
    ['a text where an object belongs', '{"score":"Ada"}', '{"score":"[removed]"}'],
    ['what is no id of ours', '{"customer_id":"gid://shopify/Customer/7"}', '{"customer_id":"[removed]"}'],
    ['a number for an id', '{"customer_id":7}', '{"customer_id":"[removed]"}'],
    ['a name where a number belongs', '{"score":{"recency":"Ada"}}', '{"score":{"recency":"[removed]"}}'],
    ['a name where a time belongs', '{"score":{"as_of":"Ada"}}', '{"score":{"as_of":"[removed]"}}'],
    ['a name in an id', '{"event_id":"Ada Lovelace"}', '{"event_id":"[removed]"}'],
    ['a text longer than any name', `{"note":"${'x'.repeat(65)}"}`, '{"note":"[removed]"}'],
    ['an email in a text', '{"note":"call ada@example.com."}', '{"note":"call [removed]"}'],
    ['an email as a field name', '{"ada@example.com":1}', `{${UNKNOWN}}`],
    ['an escaped email', '{"note":"ada\\u0040example.com"}', '{"note":"[removed]"}'],
  ])('removes %s', (_what, body, expected) => {
    expect(clean(body)).toBe(expected);
    // A parked event that becomes a dead letter is cleaned twice.
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

  it('is quick with half a megabyte in one word', () => {
    const word = 'x'.repeat(500_000);
    expect(withoutEmails(`${word} @`)).toBe(`${word} @`);
    expect(withoutEmails(`to: ${word}@example.com`)).toBe('to: [removed]');
  });

  it.each<[string, string | Buffer | null]>([
    ['nothing', null],
    ['no JSON', '{"email":"ada@example.com"'],
    ['a text', '"Ada"'],
    ['a list', '[{"note":"Ada"}]'],
    ['null', 'null'],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['two values of a field', '{"note":"Ada","note":"n"}'],
    ['too much', `{"note":"${'x'.repeat(600_000)}"}`],
  ])('gives no body for %s', (_what, body) => {
    expect(clean(body)).toBeNull();
  });
});

it('withoutEmails also knows the wide signs that normalise to @', () => {
  expect(withoutEmails('ada＠example.com, <bob@example.com>')).toBe('[removed], <[removed]>');
});

it('keyWithoutPersonalData keeps our own ids alone', () => {
  const id = Buffer.from('10000000-0000-4000-8000-000000000001');
  expect([keyWithoutPersonalData(id), keyWithoutPersonalData(null)]).toEqual([id, null]);
  for (const name of ['gid://shopify/Customer/7', '7', 'ada@example.com', 'k'.repeat(5_000)]) {
    expect(keyWithoutPersonalData(Buffer.from(name))).toBe('[removed]');
  }
});
