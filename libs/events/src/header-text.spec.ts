import { textProblem } from '@core/contracts';
import { headerText } from './header-text.ts';

it.each(['', 'e-1', 'ünïcode 🙂', 'a\0b', 'a \ufffd of its own', '\ufeffmark'])('reads UTF-8: %j', (text) => {
  expect(headerText(Buffer.from(text))).toBe(text);
});

const NO_UTF8 = {
  'a byte of Latin-1': [0x69, 0xe4],
  'another byte of Latin-1': [0x69, 0xf6],
  'a byte that UTF-8 never has': [0x69, 0xff],
  'a character that is cut off': [0x69, 0xe2, 0x82],
  'a slash in two bytes': [0x69, 0xc0, 0xaf],
  'half of a surrogate pair': [0x69, 0xed, 0xa0, 0x80],
  'good characters beside a bad one': [0xc3, 0xa4, 0xff],
  'a replacement character beside a bad one': [0xef, 0xbf, 0xbd, 0xff],
};

it('makes different texts of different bytes', () => {
  const texts = Object.values(NO_UTF8).map((bytes) => headerText(Buffer.from(bytes)));
  expect(new Set(texts).size).toBe(texts.length);
});

it.each(Object.entries(NO_UTF8))('makes a text that cannot be stored of %s', (_, bytes) => {
  expect(textProblem(headerText(Buffer.from(bytes)), 255)).toBe('must consist of visible characters');
});
