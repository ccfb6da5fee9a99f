import { csvLines } from './csv.ts';

it.each([
  [['a', 'b c', ''], 'a,b c,'],
  [['a,b', 'say "x"', 'two\nlines'], '"a,b","say ""x""","two\nlines"'],
  [['=1+1', '+1', '-1', '@a'], `'=1+1,'+1,'-1,'@a`],
  [['=HYPERLINK("http://x","y")'], `"'=HYPERLINK(""http://x"",""y"")"`],
  [['\t=1', '\r=1'], `'\t=1,"'\r=1"`],
  [['a=1', 'é', '😀'], 'a=1,é,😀'],
  [['＝1', 'a\rb', '"'], `'＝1,"a\rb",""""`],
])('writes %j', (cells, line) => expect(csvLines([cells])).toBe(`${line}\r\n`));

it('writes a line for each row, and nothing for none', () => {
  expect(csvLines([['a'], ['', ''], ['b']])).toBe('a\r\n,\r\nb\r\n');
  expect(csvLines([])).toBe('');
});
