import { textProblem } from '@core/contracts';
import { headerText } from './header-text.ts';

it.each(['', 'e-1', 'ünïcode 🙂', 'a\0b', 'a real \ufffd', '\ufeffmark'])('reads UTF-8: %j', (text) => {
  expect(headerText(Buffer.from(text))).toBe(text);
});

const NO_UTF8 = {
  'a Latin-1 byte': [0x69, 0xe4],
  'another Latin-1 byte': [0x69, 0xf6],
  'a byte that UTF-8 never has': [0x69, 0xff],
  'a truncated character': [0x69, 0xe2, 0x82],
  'an overlong slash': [0x69, 0xc0, 0xaf],
  'an unpaired surrogate': [0x69, 0xed, 0xa0, 0x80],
  'a valid character before an invalid byte': [0xc3, 0xa4, 0xff],
  'a replacement character before an invalid byte': [0xef, 0xbf, 0xbd, 0xff],
};

it('returns different texts for different bytes', () => {
  const texts = Object.values(NO_UTF8).map((bytes) => headerText(Buffer.from(bytes)));
  expect(new Set(texts).size).toBe(texts.length);
});

it.each(Object.entries(NO_UTF8))('returns a text that cannot be stored for %s', (_, bytes) => {
  expect(textProblem(headerText(Buffer.from(bytes)), 255)).toBe('must consist of visible characters');
});
