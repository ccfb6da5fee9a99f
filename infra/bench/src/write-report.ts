import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable, replaceSection, workspaceRoot } from '@core/testing';
import type { Report } from './suite.ts';

const DOCUMENT = 'docs/benchmarks.md';

export const showReport = ({ tables }: Report): string => tables.map(markdownTable).join('\n\n');

/**
 * Writes results/<name>.json, and the tables into their section of the document.
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
  const tables = showReport(report);
  const path = join(root, document);
  const section = { name, by: 'npm run bench', text: tables };
  writeFileSync(path, replaceSection(readFileSync(path, 'utf8'), section, document));
  execFileSync(join(root, 'node_modules/.bin/prettier'), ['--write', json, path]);
  return tables;
}
