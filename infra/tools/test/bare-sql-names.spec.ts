import { lintTexts } from './lint-texts.ts';

const RULE = 'core/no-bare-sql-names';
const FILE = 'libs/domain/src/virtual.ts';

const refused: [why: string, text: string][] = [
  ['a table in a text', "tx.query('select 1 from customers')"],
  ['a table after public.', "tx.query('delete from public.audit_log')"],
  ['a table in a template', 'tx.query(`update ${a} set b = 1; truncate customer_import_logs`)'],
  ['a table in quotes', 'tx.query(`insert into "outbox_events" select 1`)'],
  ['a table in one branch of a condition', "const text = old ? 'lock table customers' : ''"],
  ['a column in a template of sql', 'sql`select email_hash from ${customers}`'],
  ['a column after the alias of a table', 'sql`select c.email from ${customers} c`'],
  ['a column in quotes', 'sql`select "external_id" from ${customers}`'],
  ['a table in a template of sql', 'sql`select 1 from program_settings`'],
];

const allowed: [why: string, text: string][] = [
  [
    'names from the schema',
    'sql`select ${customers.email} from ${customers} where ${customers.id} = ${p.id}`',
  ],
  ['a word in single quotes', "sql`${customers.rfmScore} ->> 'segment' = 'email'`"],
  ['a function', 'sql`select * from read_scores(${p.ids})`'],
  ['SQL without a table', "tx.query('select pg_is_in_recovery() as standby')"],
  ['a sentence', "log.info('read the customers from the shop')"],
  ['a file of specs', "pool.query('select email from customers')"],
];

const lint = async (cases: readonly (readonly [string, string])[]) => {
  const texts = cases.map(([why, text]) => {
    const file = why === 'a file of specs' ? FILE.replace('.ts', '.spec.ts') : FILE;
    return [file, `${text};\n`] as const;
  });
  const found = await lintTexts(texts);
  return found.map((messages) => messages.filter(({ ruleId }) => ruleId === RULE));
};

let messages: Map<string, { message: string }[]>;
beforeAll(async () => {
  const cases = [...refused, ...allowed];
  const found = await lint(cases);
  messages = new Map(cases.map(([why], n) => [why, found[n] ?? []]));
}, 120_000);

it.each(refused)('refuses %s', (why) =>
  expect(messages.get(why)).toEqual([
    expect.objectContaining({ message: expect.stringContaining('plain text') }),
  ]),
);

it.each(allowed)('allows %s', (why) => expect(messages.get(why)).toEqual([]));
