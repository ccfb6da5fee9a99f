export interface Drawing {
  /** The line of its fence, from 1. */
  line: number;
  text: string;
}

/** Returns the Mermaid blocks of a page. */
export function readDrawings(page: string): Drawing[] {
  const found: Drawing[] = [];
  let open: { line: number; rows: string[] } | undefined;
  page.split('\n').forEach((row, n) => {
    if (open && row.trim() === '```') {
      found.push({ line: open.line, text: open.rows.join('\n') });
      open = undefined;
    } else if (open) open.rows.push(row);
    else if (row.trim() === '```mermaid') open = { line: n + 1, rows: [] };
  });
  return found;
}
