import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ImportMode, ImportSource, ImportStatus, type CustomerImportSchema } from '@core/contracts';
import type { ImportRun } from '@core/domain';

const STATUS: Readonly<Record<ImportRun['status'], ImportStatus>> = {
  pending: ImportStatus.PENDING,
  running: ImportStatus.RUNNING,
  paused: ImportStatus.PAUSED,
  cancelling: ImportStatus.CANCELLING,
  cancelled: ImportStatus.CANCELLED,
  completed: ImportStatus.COMPLETED,
  completed_with_errors: ImportStatus.COMPLETED_WITH_ERRORS,
  incomplete: ImportStatus.INCOMPLETE,
  failed: ImportStatus.FAILED,
};

const SOURCE: Readonly<Record<ImportRun['source'], ImportSource>> = {
  auto: ImportSource.UNSPECIFIED,
  bulk: ImportSource.BULK,
  graphql: ImportSource.GRAPHQL,
  rest: ImportSource.REST,
};

const MODE: Readonly<Record<ImportRun['mode'], ImportMode>> = {
  full: ImportMode.FULL,
  delta: ImportMode.DELTA,
};

/** @param now milliseconds since the epoch */
export const presentImport = (
  run: ImportRun,
  now = Date.now(),
): MessageInitShape<typeof CustomerImportSchema> => ({
  importId: run.importId,
  merchantId: run.merchantId,
  shop: run.shop,
  status: STATUS[run.status],
  source: SOURCE[run.source],
  mode: MODE[run.mode],
  expected: BigInt(run.expected ?? 0),
  read: BigInt(run.read),
  created: BigInt(run.created),
  updated: BigInt(run.updated),
  unchanged: BigInt(run.unchanged),
  skipped: BigInt(run.skipped),
  failed: BigInt(run.failed),
  deleted: BigInt(run.deleted),
  ...paceOf(run, now),
  waitingReason: run.waitingReason ?? '',
  error: run.error ?? '',
  startedAt: run.startedAt ? timestampFromDate(run.startedAt) : undefined,
  finishedAt: run.finishedAt ? timestampFromDate(run.finishedAt) : undefined,
});

/** Customers a second since the start, and the seconds left at that rate while it is known and runs. */
export function paceOf(
  {
    startedAt,
    finishedAt,
    read,
    expected,
  }: Pick<ImportRun, 'startedAt' | 'finishedAt' | 'read' | 'expected'>,
  now: number,
): { rate: number; eta?: number } {
  if (!startedAt) return { rate: 0 };
  const seconds = ((finishedAt?.getTime() ?? now) - startedAt.getTime()) / 1000;
  const rate = seconds > 0 ? read / seconds : 0;
  if (finishedAt || expected === null || rate === 0) return { rate };
  return { rate, eta: Math.max(0, expected - read) / rate };
}
