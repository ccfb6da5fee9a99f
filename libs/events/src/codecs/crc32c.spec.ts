import { crc32c } from './crc32c.ts';

it.each([
  ['', 0],
  ['a', 0xc1d04330],
  ['1234567', 0x124297ea],
  ['123456789', 0xe3069283],
  ['The quick brown fox jumps over the lazy dog', 0x22620404],
])('computes the Castagnoli CRC of %j', (text, crc) => expect(crc32c(Buffer.from(text))).toBe(crc));

it('computes the CRC of a part of a buffer', () => {
  expect(crc32c(Buffer.from('xx123456789xx').subarray(2, 11))).toBe(0xe3069283);
});
