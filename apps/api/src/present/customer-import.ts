import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  ImportMode,
  ImportSource,
  ImportStatus,
  ImportTrigger,
  type CustomerImportSchema,
} from '@core/contracts';
import { paceOf, type ImportRun } from '@core/domain';
import { EMAILS_LEFT_OUT } from '@core/shopify';
import { presentReason } from './row-reason.ts';

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

const TRIGGER: Readonly<Record<NonNullable<ImportRun['trigger']>, ImportTrigger>> = {
  caller: ImportTrigger.CALLER,
  schedule: ImportTrigger.SCHEDULE,
  reconciliation: ImportTrigger.RECONCILIATION,
};

/** @param pace default: the average since the start */
export const presentImport = (
  run: ImportRun,
  pace = paceOf(run, Date.now()),
): MessageInitShape<typeof CustomerImportSchema> => ({
  importId: run.importId,
  merchantId: run.merchantId,
  shop: run.shop,
  status: STATUS[run.status],
  source: SOURCE[run.source],
  mode: MODE[run.mode],
  trigger: run.trigger ? TRIGGER[run.trigger] : ImportTrigger.UNSPECIFIED,
  expected: BigInt(run.expected ?? 0),
  read: BigInt(run.read),
  created: BigInt(run.created),
  updated: BigInt(run.updated),
  unchanged: BigInt(run.unchanged),
  skipped: BigInt(run.skipped),
  failed: BigInt(run.failed),
  deleted: BigInt(run.deleted),
  missed: BigInt(run.missed),
  ...pace,
  waitingReason: run.waitingReason ?? '',
  error: run.error ?? '',
  startedAt: run.startedAt ? timestampFromDate(run.startedAt) : undefined,
  finishedAt: run.finishedAt ? timestampFromDate(run.finishedAt) : undefined,
  errorsByReason: Object.entries(run.rowErrors ?? {}).map(([reason, count]) => ({
    reason,
    count: BigInt(count),
    ...presentReason(reason),
  })),
  notes: run.emailsWithheld ? [EMAILS_LEFT_OUT] : [],
});
