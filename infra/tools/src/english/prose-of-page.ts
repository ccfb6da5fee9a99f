import { readFences } from '../pages/read-fences.ts';
import type { Prose, ProseLine } from './prose.ts';

const ITEM = /^[>\s]*(?:[-*+] |\d+[.)] )/;

/** Returns the prose of a Markdown page: paragraphs, list items, headings and table cells, without code. */
export function proseOfPage(text: string): Prose[] {
  const found: Prose[] = [];
  let open: ProseLine[] = [];
  let before = 0;
  const close = () => {
    if (open.length > 0) found.push({ kind: 'page', lines: open });
    open = [];
  };
  for (const { number, text: line } of readFences(text).outside) {
    if (number !== before + 1) close();
    before = number;
    const at = { number, columns: line.length };
    const bare = line.trim();
    if (bare === '' || bare === '>' || bare.startsWith('<!--')) close();
    else if (/^#{1,6} /.test(line)) {
      close();
      found.push({ kind: 'heading', lines: [{ ...at, text: bare.replace(/^#+ /, '') }] });
    } else if (bare.startsWith('|')) {
      close();
      // A table has the width of its cells.
      for (const cell of bare.split('|'))
        if (cell.trim()) found.push({ kind: 'cell', lines: [{ ...at, columns: 0, text: cell.trim() }] });
    } else {
      if (ITEM.test(line)) close();
      open.push({
        ...at,
        text: line
          .replace(ITEM, '')
          .replace(/^[>\s]+/, '')
          .trim(),
      });
    }
  }
  close();
  return found;
}
