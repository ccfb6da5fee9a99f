import type { Rows } from '@core/testing';
import type { EnvRow } from './environment.ts';

const HEAD =
  '# Every variable of every deployable, written by `npm run generate` from their config.ts;\n' +
  '# docs/configuration.md says who reads it.\n';

/**
 * Returns .env.example. A variable with a default is commented out and shows it; the others must be filled
 * in.
 */
export const envExample = (rows: readonly EnvRow[]): string =>
  `${[`${HEAD}# A variable with a default is commented out.`, ...rows.map(blockOf)].join('\n\n')}\n`;

const blockOf = ({ name, docs, example, defaults }: EnvRow): string => {
  const lines = defaults.map((value) =>
    value === undefined ? `${name}=${example}` : `# ${name}=${value === '' ? example : value}`,
  );
  return [...docs.flatMap((doc) => wrap(doc).map((line) => `# ${line}`)), ...lines].join('\n');
};

const WIDTH = 100;

/** Breaks a text into lines at its spaces. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length >= WIDTH) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

export const environmentTable = (rows: readonly EnvRow[]): Rows =>
  rows.map(({ name, apps, docs, defaults }) => ({
    variable: `\`${name}\``,
    'read by': apps.join(', '),
    default: defaults
      .map((value) => (value === undefined ? 'required' : value === '' ? 'none' : `\`${value}\``))
      .join(' / '),
    meaning: docs.join('; '),
  }));
