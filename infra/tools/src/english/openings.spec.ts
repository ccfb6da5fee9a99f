import { badOpenings } from './openings.ts';

it.each([
  ['a.ts', '/** Who asks, and whom. */'],
  ['a.ts', '// Whom it names.'],
  ['a.ts', ' * Of the last page.'],
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
])('finds in %s: %s', (file, line) =>
  expect(badOpenings(file, `first\n${line}`)).toEqual([`2: ${line.trim()}`]),
);

it.each([
  ['a.ts', '// Rows of what is left, so that whoever asks finds them.'],
  ['a.ts', "const text = 'What a page has. So it ends.';"],
  ['a.ts', '/** Whose it is. */'],
  ['a.md', '## What is stored'],
  ['a.md', 'It says of whom it is.'],
])('lets pass in %s: %s', (file, line) => expect(badOpenings(file, line)).toEqual([]));
