import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { JSONWebKeySet } from 'jose';
import type { Variable } from '../env.ts';

/** The source of public keys: a JWKS at a URL, in a file, or inline. */
export type KeySource = { url: string } | { file: string } | { keys: JSONWebKeySet };

const LIMIT_MS = 2_000;

/**
 * A variable that names a key source; empty: none. A file must exist at the start; a server may start later
 * than this process.
 */
export const keySource = (options: { doc: string; example: string }): Variable<KeySource | undefined> => ({
  ...options,
  secret: false,
  parse(raw) {
    if (raw === undefined) return undefined;
    const source = parseKeySource(raw);
    if ('file' in source) assertKeyFile(source.file);
    return source;
  },
});

function assertKeyFile(file: string): void {
  try {
    keySet(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error('there is no such file, or it is not a JWKS', { cause });
  }
}

/** @throws Error with the expected form only */
export function parseKeySource(raw: string): KeySource {
  if (/^https?:\/\//.test(raw) && URL.canParse(raw)) return { url: raw };
  if (!raw.trimStart().startsWith('{')) return { file: raw };
  try {
    return { keys: keySet(raw) };
  } catch {
    throw new Error('must be a URL, a file, or a JWKS: {"keys":[...]}');
  }
}

/**
 * Loads the keys in one attempt. Files are read again each time, so that keys can be rotated in them.
 * @throws Error with the HTTP status or the defect of the content
 */
export async function loadKeys(source: KeySource): Promise<JSONWebKeySet> {
  if ('keys' in source) return source.keys;
  if ('file' in source) return keySet(await readFile(source.file, 'utf8'));
  // A redirect is refused: only the configured address decides which keys are trusted.
  const reply = await fetch(source.url, { redirect: 'error', signal: AbortSignal.timeout(LIMIT_MS) });
  if (reply.status !== 200) throw new Error(`HTTP ${reply.status}`);
  return keySet(await reply.text());
}

function keySet(text: string): JSONWebKeySet {
  const { keys } = parse(text) ?? {};
  if (!Array.isArray(keys)) throw new Error('the content is not a JWKS');
  return { keys };
}

/** Hides the parser's message: it quotes the text, which may be a private key by mistake. */
function parse(text: string): Partial<JSONWebKeySet> | null {
  try {
    return JSON.parse(text) as Partial<JSONWebKeySet> | null;
  } catch {
    throw new Error('the content is not JSON');
  }
}
