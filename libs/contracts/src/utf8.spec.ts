import { isUtf8Text } from './utf8.ts';

const JSON_TEXT = '{"name":"Jörg 🙂"}';

it.each<[string, Buffer]>([
  ['an empty buffer', Buffer.alloc(0)],
  ['one character', Buffer.from('7')],
  ['UTF-8', Buffer.from(JSON_TEXT)],
  ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${JSON_TEXT}`)],
  ['a NUL within', Buffer.from('{"a":"\0"}')],
  ['the prefix that a serializer writes', Buffer.from([0, 0, 0, 0, 7, 0x7b, 0x7d])],
])('accepts %s as UTF-8', (_, bytes) => expect(isUtf8Text(bytes)).toBe(true));

it.each<[string, Buffer]>([
  ['Latin-1', Buffer.from(JSON_TEXT, 'latin1')],
  ['UTF-16', Buffer.from(JSON_TEXT, 'utf16le')],
  ['UTF-16 of ASCII alone', Buffer.from('{"a":1}', 'utf16le')],
  ['big-endian UTF-16', Buffer.from('{"a":1}', 'utf16le').swap16()],
  ['UTF-16 with a byte order mark', Buffer.from('\ufeff{"a":1}', 'utf16le')],
])('refuses %s as UTF-8', (_, bytes) => expect(isUtf8Text(bytes)).toBe(false));
