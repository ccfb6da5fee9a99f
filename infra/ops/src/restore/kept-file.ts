import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Kept } from '@core/domain';
import { OpsError } from '../cli/errors.ts';

const FORMAT = 'core-kept/1';

/** Writes a temporary file and renames it: an interrupted copy does not replace a complete one. */
export function writeKept(file: string, kept: Kept): void {
  const whole = `${file}.unfinished`;
  writeFileSync(whole, `${JSON.stringify({ format: FORMAT, ...kept }, undefined, 1)}\n`, { mode: 0o600 });
  renameSync(whole, file);
}

/** Merges several copies: for a row in more than one, the last file wins. @throws OpsError */
export function readKeptFiles(files: readonly string[]): Kept {
  const requests = new Map<string, Kept['requests'][number]>();
  const tombstones = new Map<string, Kept['tombstones'][number]>();
  for (const file of files) {
    const kept = readOne(file);
    for (const each of kept.requests) requests.set(`${each.merchantId}|${each.requestId}`, each);
    for (const each of kept.tombstones) {
      tombstones.set(`${each.merchantId}|${each.kind}|${each.hash}`, each);
    }
  }
  return { requests: [...requests.values()], tombstones: [...tombstones.values()] };
}

function readOne(file: string): Kept {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept & { format?: unknown };
    if (kept.format === FORMAT && Array.isArray(kept.requests) && Array.isArray(kept.tombstones)) return kept;
  } catch (error) {
    throw new OpsError(`--kept ${file}: ${(error as Error).message}`);
  }
  throw new OpsError(`--kept ${file}: is no file of \`ops restore save\``);
}
