import { mediaType, plainContentType } from './media-type.ts';

const LEGAL = [
  'application/json',
  'Application/JSON',
  'application/json;',
  'application/json ; ',
  'application/json;charset=utf-8',
  'application/json; charset=UTF-8',
  'application/json; charset=utf8',
  'application/json; charset="utf-8"',
  'application/json\t;\tCharset="UTF-8" ;; ',
];

it.each(LEGAL)('reads %j as JSON', (given) => {
  expect(mediaType(given)).toBe('application/json');
  expect(plainContentType(given)).toBe('application/json');
});

it.each([
  ['application/json; charset=latin1', 'application/json'],
  ['application/json; profile="a;b"', 'application/json'],
  ['application/json, text/plain', 'application/json, text/plain'],
  ['application/jsonp', 'application/jsonp'],
  ['text/plain', 'text/plain'],
  ['', ''],
])('keeps the parameters of %j, which the reader of the protocol refuses', (given, type) => {
  expect(mediaType(given)).toBe(type);
  expect(plainContentType(given)).toBe(given);
});

it('returns an empty type for no header, and does not parse a long text', () => {
  expect(mediaType(undefined)).toBe('');
  const long = `application/json;${' '.repeat(1_000)}`;
  expect([mediaType(long), plainContentType(long)]).toEqual([long, long]);
});
