import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The codings of a file that the build has written, the smallest first. */
export const CODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;
export type Coding = (typeof CODINGS)[number][0];

/** A file of the build, as it is sent. */
export interface ConsoleFile {
  type: string;
  etag: string;
  bytes: Buffer;
  encoded: Partial<Record<Coding, Buffer>>;
}

/** The built console. */
export interface BuiltConsole {
  document: ConsoleFile;
  /** Sources in the policy for the style sheets in the document. */
  styles: readonly string[];
  /** By the path on the HTTP port. Each name contains a hash of its content. */
  assets: ReadonlyMap<string, ConsoleFile>;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};
const ASSETS = '/console/assets/';
const STYLES = /<style[^>]*>(.*?)<\/style>/gs;

/**
 * Reads the built console into memory, about 1.5 MB. A request then only looks up its path, so no path can
 * reach another file.
 * @returns undefined when there is no build in the folder
 * @throws Error for a file that the policy of the page would refuse
 */
export function readConsole(folder: string): BuiltConsole | undefined {
  const html = readIfThere(join(folder, 'index.html'));
  if (!html) return undefined;
  const assets = readdirSync(join(folder, 'assets')).filter(
    (name) => !CODINGS.some(([, end]) => name.endsWith(end)),
  );
  return {
    document: fileOf(folder, 'index.html'),
    styles: [...html.toString().matchAll(STYLES)].map(([, text = '']) => sourceOf(text)),
    assets: new Map(assets.map((name) => [`${ASSETS}${name}`, fileOf(join(folder, 'assets'), name)])),
  };
}

function fileOf(folder: string, name: string): ConsoleFile {
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
  if (type === undefined) throw new Error(`${join(folder, name)}: the console serves no files of this kind`);
  const bytes = readFileSync(join(folder, name));
  const encoded: ConsoleFile['encoded'] = {};
  for (const [coding, end] of CODINGS) {
    const found = readIfThere(join(folder, `${name}${end}`));
    if (found) encoded[coding] = found;
  }
  return {
    type,
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    bytes,
    encoded,
  };
}

const sourceOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
