import { oneOfValues, readBy, wholeNumber, WrongValue } from './values.ts';

it.each([
  ['0', 0],
  ['007', 7],
  ['-3', -3],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
])('reads the whole number %j', (given, value) => {
  expect(wholeNumber({ min: -3 })(given)).toBe(value);
});

it.each(['', ' 1', '1.5', '1e3', '0x10', '-', '-0', '-4', '9007199254740992', '٣', '1\n'])(
  'refuses %j as a whole number in the range',
  (given) => {
    expect(() => wholeNumber({ min: -3 })(given)).toThrow(
      new WrongValue('must be a whole number from -3 to 9007199254740991'),
    );
  },
);

it('reads one word of several, as it is written', () => {
  const read = oneOfValues(['full', 'delta']);
  expect(read('delta')).toBe('delta');
  for (const wrong of ['Delta', 'delta ', '', 'constructor']) {
    expect(() => read(wrong)).toThrow(new WrongValue('must be one of full, delta'));
  }
});

it('reports the expectation when the reader returns null', () => {
  const read = readBy((given) => (given === '' ? null : given), 'must not be empty');
  expect(read('a')).toBe('a');
  expect(() => read('')).toThrow(new WrongValue('must not be empty'));
});
