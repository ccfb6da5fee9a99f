import { isPair, LineCounter, parseAllDocuments, visit, type Scalar } from 'yaml';
import { paragraphs, type Prose, type ProseLine } from './prose.ts';

/** Keys of a title, which is no sentence. */
const TITLES = ['name', 'title', 'label'];
/** Keys of code. */
const CODE = ['run', 'command', 'entrypoint', 'test'];

/**
 * Returns the values of YAML that have two words or more. Titles and code have no sentences, so only their
 * words are checked.
 * @throws Error when the file is no YAML
 */
export function proseOfYaml(file: string, text: string): Prose[] {
  const counter = new LineCounter();
  const found: Prose[] = [];
  for (const document of parseAllDocuments(text, { lineCounter: counter })) {
    const [error] = document.errors;
    if (error) throw new Error(`${file}: ${error.message}`);
    visit(document, {
      Scalar(key, node, path) {
        if (key === 'key' || typeof node.value !== 'string' || !node.value.trim().includes(' ')) return;
        found.push(...paragraphs(linesOf(node, text, counter), kindOf(path)));
      },
    });
  }
  return found;
}

/** Returns the kind of a value by the nearest key above it. */
function kindOf(path: readonly unknown[]): Prose['kind'] {
  const key = String(path.findLast(isPair)?.key);
  if (TITLES.includes(key)) return 'heading';
  return CODE.includes(key) ? 'string' : 'text';
}

/** Returns the rows of a value as written in the file. */
function linesOf(node: Scalar, text: string, counter: LineCounter): ProseLine[] {
  const [from = 0, to = 0] = node.range ?? [];
  const isBlock = node.type?.startsWith('BLOCK');
  const first = counter.linePos(from).line;
  const rows = text.slice(from, to).split('\n');
  const written = isBlock ? rows.slice(1) : rows;
  return written.map((row, n) => ({
    number: first + n + (isBlock ? 1 : 0),
    columns: 0,
    text: row
      .replaceAll('\\n', ' ')
      .replaceAll(/^\s*["']|["']\s*$/g, '')
      .trim(),
  }));
}
