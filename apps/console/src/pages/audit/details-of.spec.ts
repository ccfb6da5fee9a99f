import { detailsOf } from './details-of.ts';

it.each([
  [undefined, ''],
  [
    { request_id: 'r-1', n: 3, fields: ['email', 'tags'], had_begun: false },
    'request_id: r-1, n: 3, fields: email tags, had_begun: false',
  ],
  [{ customers_sha256: 'ab', emails: 2 }, 'emails: 2'],
  [{ '<b>': '<script>' }, '<b>: <script>'],
])('writes %j as one text', (detail, text) => expect(detailsOf({ detail })).toBe(text));
