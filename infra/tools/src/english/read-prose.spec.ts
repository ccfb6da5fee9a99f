import { judgeProse } from './judge-prose.ts';

const found = (file: string, text: string) => judgeProse(file, text).map(({ rule, line }) => [rule, line]);
const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ');

describe('of a page', () => {
  it.each([
    ['A row\n> What it costs.', 2],
    ['> A row\n>> What it costs.', 2],
    ['> A row\n> > What it costs.', 2],
    ['> A row\nWhat it costs.', 2],
    ['> [!NOTE]\n> What it costs.', 2],
    ['> ## A heading\n> What it costs.', 2],
    ['> A row\n>> \n>> What it costs.', 3],
    ['> <!-- a mark -->\n> What it costs.', 2],
    ['> It ends.” What it costs.', 1],
    ['> “What it costs.”', 1],
    ['> ```sh\n> ls\n\nWhat it costs.', 4],
    ['[^1]: What it costs.', 1],
    ['A row[^1]\n[^1]: What it costs.', 2],
    ['It ends.[^1] What it costs.', 1],
    ['It ends.[^1]\nWhat it costs.', 2],
    ['It ends.[^1][^note] What it costs.', 1],
    ['It ends. [^1] What it costs.', 1],
    ['- [ ] What it costs.', 1],
  ])('finds an opening in %j', (text, line) => expect(found('a.md', text)).toEqual([['opening', line]]));

  it('reads quotes and footnotes as paragraphs of their own', () => {
    expect(found('a.md', `[^1]: ${words(20)}\n[^2]: ${words(20)}`)).toEqual([]);
    expect(found('a.md', `${words(20)}\n> ${words(20)}`)).toEqual([]);
    expect(found('a.md', `A row.\n> ${words(20)}\n> ${words(20)}`)).toEqual([['length', 2]]);
    expect(found('a.md', `A row.\n\n[^1]: ${words(20)}\n    ${words(20)}`)).toEqual([['length', 3]]);
  });

  it('finds no heading, no code and no title of a quote', () =>
    expect(found('a.md', '> ## What is stored\n>\n> ```sh\n> What it is.\n> ```\n')).toEqual([]));
});

describe('of YAML', () => {
  it.each([
    ['info:\n  description: What it costs.', 2],
    ["info:\n  - summary: 'It ends. What it costs.'", 2],
    ['message: >-\n  A row.\n\n  What it costs.', 4],
    ['message: |\n  A row of two\n  lines. What it costs.', 3],
    ['a: A row\n  of two lines.\n  What it costs.', 3],
    ['a: "A row.\\nWhat it costs."', 1],
    ['a: [x, What it costs.]', 1],
    ['a: { description: What it costs. }', 1],
    ['a: 1\n---\nb: What it costs.', 3],
    ["a: it's # What it costs.", 1],
    ['run: |\n  # What it costs.\n  ls', 2],
  ])('finds an opening in %j', (text, line) => expect(found('a.yml', text)).toEqual([['opening', line]]));

  it('finds banned words in every value, and long sentences', () => {
    expect(found('a.yaml', 'label: Read by nobody?')).toEqual([['word', 1]]);
    expect(found('a.yaml', 'run: echo read by nobody')).toEqual([['word', 1]]);
    expect(found('a.yaml', `a: 1\ndescription: ${words(36)}`)).toEqual([['length', 2]]);
  });

  it.each([
    'label: What it costs',
    'What it costs: 1',
    'run: What it costs',
    `command: [sh, -c, '${words(40)}']`,
  ])('finds nothing in %j', (text) => expect(found('a.yml', text)).toEqual([]));

  it('does not limit the columns of a value, which a generator writes', () =>
    expect(found('a.yml', `description: ${'a phrase of several words; '.repeat(5)}`)).toEqual([]));

  it('refuses a file that is no YAML', () => expect(() => found('a.yml', 'a: [x\nb: 1')).toThrow('a.yml: '));
});

describe('of a proto', () => {
  it.each([
    ['option (a) = "What it costs.";', 1],
    ['string a = 1 [\n  (rule).message = "It ends. What it costs."];', 2],
    ['option (a) = {\n  description:\n    "It ends. "\n    "What it costs."\n};', 4],
    ["option (a) = 'What it costs.';", 1],
    ['string a = 1 [(x).pattern = "//"]; // What it costs.', 1],
    ['/* a */ string a = 1; // What it costs.', 1],
    ['/* a */ /* What it costs. */', 1],
    ['/* A row.\n */ // What it costs.', 2],
  ])('finds an opening in %j', (text, line) => expect(found('a.proto', text)).toEqual([['opening', line]]));

  it('finds nothing in imports, addresses and code', () =>
    expect(
      found(
        'a.proto',
        'import "What/nobody.proto";\noption go_package = "What/nobody/v1;of";\nmessage What {}',
      ),
    ).toEqual([]));
});

describe('of SQL', () => {
  it.each([
    ["BEGIN\n  RAISE EXCEPTION 'What % costs', a;\nEND", 2],
    ["raise 'It ends. What it costs' using errcode = '42P01';", 1],
    ["RAISE EXCEPTION 'a row'\n  USING HINT = 'What it costs.',\n    DETAIL = 'a row';", 2],
    ["RAISE EXCEPTION USING\n  MESSAGE = 'It ends. '\n    || 'What it costs.';", 3],
    ["COMMENT ON TABLE a IS 'What it costs.';", 1],
    ["COMMENT ON COLUMN a.b IS $$the caller's. What it costs.$$;", 1],
    ["COMMENT ON COLUMN a.b IS E'the caller\\'s. What it costs.';", 1],
    ["ASSERT a > 0, 'What it costs';", 1],
    ["DO $$\nBEGIN\n  RAISE NOTICE 'What it costs';\nEND $$;", 3],
    ["select $x$it's$x$; -- What it costs.", 1],
    ['--> statement-breakpoint\n-- What it costs.', 2],
    ['-- Events ----------\n-- What it costs.', 2],
    ['--\n-- - one\n-- - What it costs.', 3],
    ['/* a */ select 1; -- What it costs.', 1],
  ])('finds an opening in %j', (text, line) => expect(found('a.sql', text)).toEqual([['opening', line]]));

  it('finds banned words in every text of three words or more, and long sentences', () => {
    expect(found('a.sql', "select 'read by nobody';")).toEqual([['word', 1]]);
    expect(found('a.sql', `select 1;\nRAISE '${words(20)}' '${words(20)}';`)).toEqual([['length', 2]]);
  });

  it.each([
    'select \'What it costs\', "anew";',
    "EXECUTE format('CREATE ROLE nobody %I', role);",
    "RAISE EXCEPTION 'a row'; select 'What it costs';",
    "select anew from whom; select '-- What it costs.', '/* What it costs. */';",
  ])('finds nothing in %j', (text) => expect(found('a.sql', text)).toEqual([]));
});

describe('of SQL within TypeScript', () => {
  it.each([
    ["const A = sql`\n  do $$ begin\n    raise exception 'What ${row} costs';\n  end $$`;", 3],
    ["const A = sql`comment on table ${a(\n  1,\n)} is\n  'What it costs.'`;", 4],
    [
      "await run(`create function a() returns trigger as $$ begin\n  raise 'What it costs' using hint = 'none';\nend $$`);",
      2,
    ],
    ['await run("comment on table a is \'What it costs.\'");', 1],
    ['const A = sql`select 1 -- It ends. What it costs.\n`;', 1],
    ['await run(`select 1;\n  /* What it costs. */`);', 2],
  ])('finds an opening in %j', (text, line) => expect(found('a.ts', text)).toEqual([['opening', line]]));

  it('finds a banned word in a text, and none in names', () => {
    expect(found('a.ts', "sql`select anew, 'read by nobody' from whom`;")).toEqual([['word', 1]]);
    expect(found('a.ts', "const text = `insert into whom values ('anew')`;")).toEqual([]);
  });

  it('finds a long line in a comment', () =>
    expect(found('a.ts', `sql\`\n  -- ${'a phrase of several words; '.repeat(5)}\n\`;`)).toEqual([
      ['columns', 2],
    ]));
});
