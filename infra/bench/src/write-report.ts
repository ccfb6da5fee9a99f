import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import type { Report, Rows } from './suite.ts';

/** A Markdown table whose columns line up, for a terminal too. */
export function markdownTable(rows: Rows): string {
  const names = Object.keys(rows[0] ?? {});
  const width = (name: string) => Math.max(name.length, 3, ...rows.map((row) => (row[name] ?? '').length));
  const line = (cell: (name: string) => string) =>
    `| ${names.map((name) => cell(name).padEnd(width(name))).join(' | ')} |`;
  return [
    line((name) => name),
    line((name) => '-'.repeat(width(name))),
    ...rows.map((row) => line((name) => row[name] ?? '')),
  ].join('\n');
}

/** Puts `text` between the two marks of that name. @throws Error when the content, of the file `document`, lacks them */
export function replaceBetween(content: string, name: string, text: string, document = DOCUMENT): string {
  const [begin, end] = [`<!-- ${name}: written by npm run bench -->`, `<!-- ${name}: end -->`];
  const from = content.indexOf(begin);
  const to = content.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${document} has no place for ${name}`);
  return `${content.slice(0, from + begin.length)}\n\n${text}\n\n${content.slice(to)}`;
}

const DOCUMENT = 'docs/benchmarks.md';

export const showReport = ({ tables }: Report): string => tables.map(markdownTable).join('\n\n');

/**
 * Writes results/<name>.json, and the tables into the document that has a place for them.
 * @returns the tables
 */
export function writeReport(report: Report): string {
  const root = workspaceRoot();
  const results = join(root, 'infra/bench/results');
  mkdirSync(results, { recursive: true });
  const { name, ratios, context, verdict, document = DOCUMENT } = report;
  const written = { name, ratios, context: { verdict, ...context } };
  const json = join(results, `${name}.json`);
  writeFileSync(json, JSON.stringify(written));
  const shown = showReport(report);
  const path = join(root, document);
  writeFileSync(path, replaceBetween(readFileSync(path, 'utf8'), name, shown, document));
  execFileSync(join(root, 'node_modules/.bin/prettier'), ['--write', json, path]);
  return shown;
}
