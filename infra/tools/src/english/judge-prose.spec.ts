import { judgeProse } from './judge-prose.ts';

const found = (file: string, text: string) => judgeProse(file, text).map(({ rule, line }) => [rule, line]);

describe('an opening with Who, Whom, Of, So or What', () => {
  it.each([
    ['a.ts', '/** Who asks, and who answers. */'],
    ['a.ts', '/** Whose it is. */'],
    ['a.ts', '// So that it ends?'],
    ['a.ts', '// What if it ends.'],
    ['a.ts', '/**\n * Of the last page.\n */'],
    ['a.ts', 'const a = 1; // Rows of one page. So it ends.'],
    ['a.ts', '  // one page: What else is left.'],
    ['a.sql', '-- What a page has.'],
    ['a.sql', 'select 1; -- Rows of one page. So it ends.'],
    ['a.yml', '# So many of them.'],
    ['a.yml', 'image: one # Of the last build.'],
    ['a.md', 'What it costs.'],
    ['a.md', '- Of all rows the newest.'],
    ['a.md', 'It ends. So does the other.'],
    ['a.md', '| name | Who reads it |'],
    ['a.ts', '/** @returns What it finds. */'],
    ['a.md', '- **Rule.** What it costs.'],
    ['a.md', '```text\n~~~\n```\nWhat it costs.'],
  ])('is found in %s: %s', (file, text) => {
    const before = file === 'a.yml' ? 'first: 1' : 'const first = 1;';
    expect(found(file, `${before}\n\n${text}`).map(([rule]) => rule)).toEqual(['opening']);
  });

  it.each([
    ['a.ts', '// Rows of what is left, so that the caller finds them.'],
    ['a.ts', "const text = 'What a page has. So it ends.';"],
    ['a.md', '## What is stored'],
    ['a.md', '```\nWhat it is.\n```'],
  ])('is none in %s: %s', (file, text) => expect(found(file, text)).toEqual([]));
});

describe('a banned word', () => {
  it.each([
    ['a.ts', '/** Connects anew. */', 1],
    ['a.ts', '/**\n * Reads a page,\n * thereby ending the run.\n */', 3],
    ['a.ts', "throw new Error('the page is under way already');", 1],
    ['a.ts', 'log.warn(`${name} is read by nobody now`);', 1],
    ['a.spec.ts', "it('tells whoever asks', () => undefined);", 1],
    ['a.sql', '-- Nobody reads it.', 1],
    ['a.sql', '/* One.\n * Nobody reads it. */', 2],
    ['a.ts', '// Rows in\n// hand.', 1],
    ['a.ts', 'import {\n  // Read by nobody.\n  x,\n} from "y";', 2],
    ['a.ts', 'sql`${f("read by nobody now")}`;', 1],
    ['a.ts', '// “nobody’s” row', 1],
    ['a.md', '## Read by nobody', 1],
    ['a.proto', '// The merchant to whom it belongs.', 1],
    ['a.md', 'It is lost for good.', 1],
  ])('is found in %s: %s', (file, text, line) => expect(found(file, text)).toEqual([['word', line]]));

  it.each([
    ['a.ts', '// The column `anew` of a table.'],
    ['a.ts', "const anew = reply['whom'];"],
    ['a.ts', 'await tx.query(sql`select 1 as anew, 2 as whom`);'],
    ['a.ts', "const text = 'select anew from whom where nobody';"],
  ])('is none in %s: %s', (file, text) => expect(found(file, text)).toEqual([]));
});

it('finds a sentence of more than 35 words, over several lines, and not two of them', () => {
  const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ');
  expect(found('a.ts', `// One. ${words(17)}\n// ${words(18)}.`)).toEqual([]);
  expect(found('a.ts', `// One. ${words(18)}\n// ${words(18)}.`)).toEqual([['length', 1]]);
  expect(found('a.ts', `// One.\n// Two ${words(15)}\n// ${words(20)}.`)).toEqual([['length', 2]]);
  expect(found('a.ts', `// Two ${words(16)}.\n// Two ${words(20)}.`)).toEqual([]);
  expect(found('a.ts', `a, // ${words(20)}\nb, // ${words(20)}`)).toEqual([]);
});

it('finds a line of more than 110 columns in comments and pages, and not in code or tables', () => {
  const long = 'a line that is much longer than what fits beside another file on one screen, '.repeat(2);
  expect(found('a.ts', `// ${long}`)).toEqual([['columns', 1]]);
  expect(found('a.md', long)).toEqual([['columns', 1]]);
  expect(found('a.md', `| ${long} |`)).toEqual([]);
  expect(found('a.ts', `const text = '${long}';`)).toEqual([]);
  expect(found('a.md', `https://example.com/${'x'.repeat(120)}`)).toEqual([]);
});

it('names the line and what to write instead', () =>
  expect(judgeProse('a.ts', 'const a = 1;\n\n// It is read anew.')).toEqual([
    { rule: 'word', line: 3, says: '"anew": write again' },
  ]));
