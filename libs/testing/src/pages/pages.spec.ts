import { markdownTable } from './markdown-table.ts';
import { replaceSection } from './replace-section.ts';

it('aligns the columns', () =>
  expect(
    markdownTable([
      { figure: 'a', value: '1.25' },
      { figure: 'long one', value: '2' },
    ]),
  ).toBe('| figure   | value |\n| -------- | ----- |\n| a        | 1.25  |\n| long one | 2     |'));

it('keeps a bar within its cell', () =>
  expect(markdownTable([{ a: 'b|c' }])).toBe('| a    |\n| ---- |\n| b\\|c |'));

it('replaces only the text between the marks', () => {
  const text = 'before\n<!-- x: written by npm run bench -->\nold\n<!-- x: end -->\nafter';
  const section = { name: 'x', by: 'npm run bench', text: 'new' };
  const replaced = replaceSection(text, section, 'page.md');
  expect(replaced).toBe('before\n<!-- x: written by npm run bench -->\n\nnew\n\n<!-- x: end -->\nafter');
  expect(replaceSection(replaced, section, 'page.md')).toBe(replaced);
  expect(() => replaceSection('nothing', section, 'page.md')).toThrow('page.md has no section x');
});
