import {
  explainReason,
  hasEnded,
  isResumable,
  paceOf,
  type ImportRun,
  type Pace,
  type RowEffect,
} from '@core/domain';
import { age, count, printable, table } from '../cli/print.ts';
import { errorsWith, resumeWith } from './options.ts';

const number = (n: number): string => n.toLocaleString('en');

/** As --json has it. @param pace since the start unless the caller knows better */
export const importJson = (run: ImportRun, { rate, eta }: Pace = paceOf(run, Date.now())) => ({
  import_id: run.importId,
  merchant_id: run.merchantId,
  shop: run.shop,
  status: run.status,
  source: run.source,
  mode: run.mode,
  expected: run.expected,
  read: run.read,
  created: run.created,
  updated: run.updated,
  unchanged: run.unchanged,
  skipped: run.skipped,
  failed: run.failed,
  deleted: run.deleted,
  rate,
  eta_seconds: eta ?? null,
  waiting_reason: run.waitingReason,
  error: run.error,
  errors_by_reason: run.rowErrors,
  created_at: run.createdAt,
  started_at: run.startedAt,
  finished_at: run.finishedAt,
});

/** One line for each. */
export const listLines = (runs: readonly ImportRun[], now = Date.now()): string[] =>
  runs.length === 0
    ? ['no imports']
    : table(
        ['import', 'shop', 'status', 'source', 'mode', 'read', 'expected', 'age'],
        runs.map((run) => [
          run.importId,
          printable(run.shop),
          run.status,
          run.source,
          run.mode,
          run.read,
          run.expected ?? '-',
          age((now - run.createdAt.getTime()) / 1_000),
        ]),
      );

/** Everything there is about one, and what to do about it when it is not complete. */
export const showLines = (run: ImportRun, pace: Pace = paceOf(run, Date.now())): string[] => [
  `import ${run.importId} of ${printable(run.shop)}: ${run.status}`,
  `${run.mode} by ${run.source === 'auto' ? 'a source not yet chosen' : run.source}; ${timesOf(run)}`,
  `${readOf(run)}: ${outcomes(run)}`,
  ...(hasEnded(run) ? [] : [paceLine(run, pace)]),
  ...(run.error ? [printable(run.error)] : []),
  ...reasonLines(run),
  ...(isResumable(run) ? [`go on with: ${resumeWith(run)}`] : []),
];

/** Lists each reason: its effect, its number of customers, and its sentences for the merchant and for support. */
const reasonLines = ({ rowErrors, importId, merchantId }: ImportRun): string[] => {
  const counts = Object.entries(rowErrors ?? {});
  if (counts.length === 0) return [];
  return [
    ...counts.flatMap(([reason, n]) => [
      `${EFFECTS[explainReason(reason).effect]}: ${number(n)} (${printable(reason)})`,
      ...sentences(reason),
    ]),
    `which ones: ${errorsWith({ importId, merchantId })}`,
  ];
};

export const EFFECTS: Readonly<Record<RowEffect, string>> = {
  not_stored: 'not stored',
  field_left_out: 'stored without a field',
  note: 'stored, with a note',
};

export const sentences = (reason: string): string[] => {
  const { merchant, support } = explainReason(reason);
  return [`  to the merchant: ${merchant}`, `  to support: ${support}`];
};

/** The one line of a watch: how far, how fast, how long still, what is waited for. */
export const progressLine = (run: ImportRun, pace: Pace): string =>
  ['running', 'paused'].includes(run.status) ? `${readOf(run)}, ${paceLine(run, pace)}` : paceLine(run, pace);

const paceLine = ({ status, waitingReason }: ImportRun, { rate, eta }: Pace): string => {
  if (status === 'pending') return 'pending: waits for an importer';
  if (status === 'paused') return `paused${waitingReason ? `; ${printable(waitingReason)}` : ''}`;
  if (status !== 'running') return status;
  const pace = `${number(Math.round(rate))}/s${eta === undefined ? '' : `, ${left(eta)}`}`;
  return waitingReason ? `${pace}; ${printable(waitingReason)}` : pace;
};

const left = (seconds: number): string => {
  // All are read: customers that changed meanwhile are read again, and the count is judged.
  if (seconds === 0) return 'checking the count';
  if (seconds < 60) return `${Math.ceil(seconds)}s left`;
  return `${age(seconds)}${seconds < 3_600 ? ` ${Math.floor(seconds % 60)}s` : ''} left`;
};

const readOf = ({ read, expected }: ImportRun): string =>
  expected === null
    ? `${number(read)} customers read`
    : `${number(read)} of ${number(expected)} customers read`;

const outcomes = (run: ImportRun): string =>
  (['created', 'updated', 'unchanged', 'skipped', 'failed', 'deleted'] as const)
    .map((name) => `${number(run[name])} ${name}`)
    .join(', ');

function timesOf({ createdAt, startedAt, finishedAt }: ImportRun): string {
  if (!finishedAt)
    return startedAt ? `started ${startedAt.toISOString()}` : `asked for ${createdAt.toISOString()}`;
  const began = startedAt ?? createdAt;
  return `${count(Math.round((finishedAt.getTime() - began.getTime()) / 100) / 10, 'second')}, until ${finishedAt.toISOString()}`;
}
