import { markdownTable, replaceBetween } from './write-report.ts';

it('lines its columns up', () =>
  expect(
    markdownTable([
      { figure: 'a', value: '1.25' },
      { figure: 'long one', value: '2' },
    ]),
  ).toBe('| figure   | value |\n| -------- | ----- |\n| a        | 1.25  |\n| long one | 2     |'));

it('replaces what is between the marks and nothing else', () => {
  const text = 'before\n<!-- x: written by npm run bench -->\nold\n<!-- x: end -->\nafter';
  const replaced = replaceBetween(text, 'x', 'new');
  expect(replaced).toBe('before\n<!-- x: written by npm run bench -->\n\nnew\n\n<!-- x: end -->\nafter');
  expect(replaceBetween(replaced, 'x', 'new')).toBe(replaced);
  expect(() => replaceBetween('nothing', 'x', 'new')).toThrow('no place for x');
});
