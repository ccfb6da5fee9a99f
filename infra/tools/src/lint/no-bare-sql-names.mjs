// A lint rule: SQL outside of libs/db/functions names no table and no column as bare text. Such a name survives a
// rename of the column in the schema, and compiles; `${customers.email}` does not.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const metaDir = join(import.meta.dirname, '../../../../libs/db/migrations/meta');

/** Names of the tables and columns, from the newest snapshot of the schema, which `npm run generate` keeps true. */
function readNames() {
  const newest = readdirSync(metaDir)
    .filter((file) => file.endsWith('_snapshot.json'))
    .sort()
    .at(-1);
  const { tables } = JSON.parse(readFileSync(join(metaDir, newest), 'utf8'));
  const all = Object.values(tables);
  return {
    tables: new Set(all.map(({ name }) => name)),
    columns: new Set(all.flatMap(({ columns }) => Object.keys(columns))),
  };
}

let names;
/** Read once, because the rule is created again for each file. */
const namesOfSchema = () => (names ??= readNames());

/** Columns that are also words of SQL, or of the texts around it: with a table's name behind them they are found. */
const WORDS_OF_SQL = new Set([
  'range',
  'rows',
  'cursor',
  'read',
  'event',
  'source',
  'mode',
  'enabled',
  'owner',
  'partition',
]);

const withoutComments = (text) =>
  text
    .split('\n')
    .map((line) => line.split('--', 1)[0])
    .join('\n');

/** Words that can be names: outside of quoted texts and comments, without the bracket of a function's call. */
const wordsOf = (text) =>
  [
    ...withoutComments(text)
      .replace(/'[^']*'/g, ' ')
      .matchAll(/(?<![\w$"])"?([a-z][a-z0-9_]*)"?(?!\w)(?!\s*\()/g),
  ].map(([, word]) => word);

/** Tables: the words behind these words of a statement. */
const tablesOf = (text) =>
  [
    ...text.matchAll(
      /\b(?:from|join|into|update|using|table|lock|only|truncate)\s+(?=(?:public\.)?"?([a-z][a-z0-9_]*))/gi,
    ),
  ].map(([, name]) => name);

export const noBareSqlNames = {
  meta: {
    type: 'problem',
    messages: {
      bare: 'SQL names {{name}} as bare text: write it against the schema, such as ${customers.email}, so that the compiler sees it.',
    },
    schema: [],
  },
  create(context) {
    const { tables, columns } = namesOfSchema();
    const report = (node, name) => context.report({ node, messageId: 'bare', data: { name } });

    /** In a template of `sql` every word is SQL. */
    const checkTemplate = (node) => {
      for (const { value } of node.quasi.quasis) {
        const found = wordsOf(value.raw).find(
          (word) => tables.has(word) || (columns.has(word) && !WORDS_OF_SQL.has(word)),
        );
        if (found) return report(node, found);
      }
    };
    /** Any other text is SQL when it names one of our tables as SQL does. */
    const checkText = (node, text) => {
      const found = tablesOf(text).find((name) => tables.has(name));
      if (found) report(node, found);
    };
    return {
      TaggedTemplateExpression(node) {
        if (node.tag.type === 'Identifier' && node.tag.name === 'sql') checkTemplate(node);
      },
      TemplateLiteral(node) {
        if (node.parent.type === 'TaggedTemplateExpression') return;
        checkText(node, node.quasis.map(({ value }) => value.raw).join(' ? '));
      },
      Literal(node) {
        if (typeof node.value === 'string') checkText(node, node.value);
      },
    };
  },
};
