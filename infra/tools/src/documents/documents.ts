import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable, replaceSection, type Rows } from '@core/testing';
import { format, resolveConfig } from 'prettier';
import { asyncApiText } from '../asyncapi/asyncapi-text.ts';
import { commandsTable } from './commands-table.ts';
import { envExample, environmentTable } from './environment-table.ts';
import { envRows, envSchemas } from './environment.ts';
import { metricsTable } from './metrics-table.ts';
import { personalDataTable } from './personal-data.ts';
import { readMetrics } from './read-metrics.ts';
import { rowReasonsTable } from './row-reasons.ts';
import { readMethods, rpcTable, serviceConfig } from './rpcs.ts';

const BY = 'npm run generate';

interface Written {
  file: string;
  text: string;
}

/** Returns the files whose contents are derived from the code. @param root of the checkout */
async function documents(root: string): Promise<Written[]> {
  const rows = envRows(await envSchemas());
  const { methods, deadlineMs } = await readMethods(root);
  const page = (file: string, sections: Readonly<Record<string, Rows | string>>) =>
    formatted(root, file, pageText(root, file, sections));
  return [
    { file: '.env.example', text: envExample(rows) },
    await formatted(root, 'docs/asyncapi.yaml', asyncApiText(root)),
    await page('docs/configuration.md', { environment: environmentTable(rows) }),
    await page('docs/metrics.md', { metrics: metricsTable(readMetrics(root)) }),
    await page('docs/commands.md', { commands: await commandsTable(root) }),
    await page('docs/api.md', {
      rpcs: rpcTable(methods, deadlineMs),
      'service config': `\`\`\`json\n${JSON.stringify(serviceConfig(methods), null, 2)}\n\`\`\``,
    }),
    await page('docs/privacy.md', { 'personal data': personalDataTable() }),
    await page('docs/imports.md', { reasons: rowReasonsTable() }),
  ];
}

/** Returns the committed page with its sections written again. */
function pageText(root: string, file: string, sections: Readonly<Record<string, Rows | string>>): string {
  return Object.entries(sections).reduce(
    (content, [name, written]) => {
      const text = typeof written === 'string' ? written : markdownTable(written);
      return replaceSection(content, { name, by: BY, text }, file);
    },
    readFileSync(join(root, file), 'utf8'),
  );
}

/** Formats a text by the rules of the repository for its file. */
async function formatted(root: string, file: string, text: string): Promise<Written> {
  const path = join(root, file);
  return { file, text: await format(text, { ...(await resolveConfig(path)), filepath: path }) };
}

/** Writes the files that do not match the code, and returns their names. */
export async function writeDocuments(root: string): Promise<string[]> {
  const stale = await staleDocuments(root);
  for (const { file, text } of stale) writeFileSync(join(root, file), text);
  return stale.map(({ file }) => file);
}

/** @throws Error naming each file that does not match the code */
export async function checkDocuments(root: string): Promise<void> {
  const stale = await staleDocuments(root);
  if (stale.length > 0) {
    throw new Error(`${stale.map(({ file }) => file).join(', ')}: does not match the code. Run ${BY}.`);
  }
}

const staleDocuments = async (root: string): Promise<Written[]> =>
  (await documents(root)).filter(({ file, text }) => readFileSync(join(root, file), 'utf8') !== text);
