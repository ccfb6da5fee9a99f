import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isJsonObject, readCustomerId, readMerchantId } from '@core/contracts';
import type { Kept } from '@core/domain';
import { assertReplaceable } from '../cli/assert-replaceable.ts';
import { OpsError } from '../cli/errors.ts';
import { fileProblem } from '../cli/file-problem.ts';

const FORMAT = 'core-kept/1';

/**
 * Writes a temporary file and renames it: an interrupted copy does not replace a complete one.
 * @throws OpsError; no part of the file remains then
 */
export function writeKept(file: string, kept: Kept): void {
  const whole = `${file}.unfinished`;
  try {
    assertReplaceable(file);
    writeFileSync(whole, `${JSON.stringify({ format: FORMAT, ...kept }, undefined, 1)}\n`, { mode: 0o600 });
    renameSync(whole, file);
  } catch (error) {
    if (existsSync(whole)) rmSync(whole);
    throw new OpsError(`--file ${file}: cannot be written: ${fileProblem(error)}`);
  }
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
  const kept = parse(readText(file));
  if (!isKept(kept)) throw new OpsError(`--kept ${file}: is not a file of \`ops restore save\``);
  const read = <Id>(field: string, id: Id | null): Id => {
    if (id === null) throw new OpsError(`--kept ${file}: ${field}: must be a UUID in every row`);
    return id;
  };
  const merchantOf = ({ merchantId }: { merchantId: unknown }) =>
    read('merchantId', readMerchantId(merchantId));
  return {
    requests: kept.requests.map((row) => ({
      ...row,
      merchantId: merchantOf(row),
      customerId: row.customerId === null ? null : read('customerId', readCustomerId(row.customerId)),
    })),
    tombstones: kept.tombstones.map((row) => ({ ...row, merchantId: merchantOf(row) })),
  };
}

const isKept = (value: unknown): value is Kept =>
  isJsonObject(value) &&
  value['format'] === FORMAT &&
  [value['requests'], value['tombstones']].every((rows) => Array.isArray(rows) && rows.every(isJsonObject));

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OpsError(`--kept ${file}: cannot be read: ${fileProblem(error)}`);
  }
}

/** Returns undefined if the text is not JSON. The parser's message is not used: it quotes the file. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
