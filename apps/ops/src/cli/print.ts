/** Formats rows as columns with headings. A column of numbers (with `-` for none) is aligned to the right. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly (string | number | bigint)[])[],
): string[] {
  const lines = [heads, ...rows.map((row) => row.map(String))];
  const widths = heads.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const numeric = heads.map(
    (_, i) => rows.length > 0 && rows.every((row) => typeof row[i] !== 'string' || row[i] === '-'),
  );
  return lines.map((line) =>
    line
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/**
 * Escapes control characters of foreign text for a terminal: they could move the cursor or set a title. It
 * escapes line feeds too: one record must not look like two.
 */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${code}`;
  });

const AGES = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
] as const;

/** Formats an age in its largest unit, rounded down: 3d, 2h, 15m, 40s. */
export function age(seconds: number): string {
  const [size, unit] = AGES.find(([size]) => seconds >= size) ?? [1, 's'];
  return `${Math.max(0, Math.floor(seconds / size))}${unit}`;
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Formats a size in its largest unit: 820 kB, 1.5 GB. */
export function bytes(n: number): string {
  const power = Math.min(SIZES.length - 1, Math.floor(Math.log10(Math.max(n, 1)) / 3));
  return `${Number((n / 1000 ** power).toPrecision(3))} ${SIZES[power]}`;
}

export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** Joins names with their verb: `a is`, `a and b are`, `a, b and c are`. */
export const joinWithVerb = (names: readonly string[]): string =>
  names.length === 1 ? `${names[0]} is` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)} are`;

/** Formats JSON. A bigint becomes a number: offsets and sizes are far below the limit of a JSON number. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? Number(each) : each), 2);
