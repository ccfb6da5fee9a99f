import { csvLine } from './csv.ts';

it.each([
  [['a', 'b c', ''], 'a,b c,'],
  [['a,b', 'say "x"', 'two\nlines'], '"a,b","say ""x""","two\nlines"'],
  [['=1+1', '+1', '-1', '@a'], `'=1+1,'+1,'-1,'@a`],
  [['=HYPERLINK("http://x","y")'], `"'=HYPERLINK(""http://x"",""y"")"`],
  [['\t=1', '\r=1'], `'\t=1,"'\r=1"`],
  [['a=1', 'é', '😀'], 'a=1,é,😀'],
])('writes %j', (cells, line) => expect(csvLine(cells)).toBe(`${line}\r\n`));
