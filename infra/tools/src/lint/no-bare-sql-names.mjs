// A lint rule: outside of libs/db/functions, SQL must not name a table or column as plain text. Such a name
// still compiles after the column is renamed in the schema; `${customers.email}` does not.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const metaDir = join(import.meta.dirname, '../../../../libs/db/migrations/meta');

/**
 * Reads the names of tables and columns from the newest snapshot of the schema, which `npm run generate`
 * maintains.
 */
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
/** The names are read once, because the rule is created for each file. */
const namesOfSchema = () => (names ??= readNames());

/** Columns that are also words of SQL or of texts. The rule finds such SQL by the names of its tables. */
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

/**
 * Returns words that may be names: outside of quoted texts and comments, and not followed by a parenthesis.
 */
const wordsOf = (text) =>
  [
    ...withoutComments(text)
      .replace(/'[^']*'/g, ' ')
      .matchAll(/(?<![\w$"])"?([a-z][a-z0-9_]*)"?(?!\w)(?!\s*\()/g),
  ].map(([, word]) => word);

/** Returns the tables: the words after these keywords. */
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
      bare: 'This SQL names {{name}} as plain text. Use the schema, such as ${customers.email}, so that the compiler checks the name.',
    },
    schema: [],
  },
  create(context) {
    const { tables, columns } = namesOfSchema();
    const report = (node, name) => context.report({ node, messageId: 'bare', data: { name } });

    /** Checks a template of `sql`, in which every word is SQL. */
    const checkTemplate = (node) => {
      for (const { value } of node.quasi.quasis) {
        const found = wordsOf(value.raw).find(
          (word) => tables.has(word) || (columns.has(word) && !WORDS_OF_SQL.has(word)),
        );
        if (found) return report(node, found);
      }
    };
    /** Checks any other text. It counts as SQL when it names one of our tables after an SQL keyword. */
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
