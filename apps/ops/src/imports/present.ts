import {
  explainReason,
  hasEnded,
  isResumable,
  paceOf,
  type ImportRun,
  type Pace,
  type RowEffect,
} from '@core/domain';
import { EMAILS_LEFT_OUT } from '@core/shopify';
import { age, count, printable, table } from '../cli/print.ts';
import { errorsCommand, resumeCommand } from './options.ts';

const number = (n: number): string => n.toLocaleString('en');

/** Formats an import for --json. @param pace default: the average since the start */
export const importJson = (run: ImportRun, { rate, eta }: Pace = paceOf(run, Date.now())) => ({
  import_id: run.importId,
  merchant_id: run.merchantId,
  shop: run.shop,
  status: run.status,
  source: run.source,
  mode: run.mode,
  trigger: run.trigger,
  expected: run.expected,
  read: run.read,
  created: run.created,
  updated: run.updated,
  unchanged: run.unchanged,
  skipped: run.skipped,
  failed: run.failed,
  deleted: run.deleted,
  missed: run.missed,
  rate,
  eta_seconds: eta ?? null,
  waiting_reason: run.waitingReason,
  error: run.error,
  errors_by_reason: run.rowErrors,
  notes: notesOf(run),
  created_at: run.createdAt,
  started_at: run.startedAt,
  finished_at: run.finishedAt,
});

const notesOf = ({ emailsWithheld }: ImportRun): string[] => (emailsWithheld ? [EMAILS_LEFT_OUT] : []);

/** Formats one line for each import. */
export const listLines = (runs: readonly ImportRun[], now = Date.now()): string[] =>
  runs.length === 0
    ? ['no imports']
    : table(
        ['import', 'shop', 'status', 'source', 'mode', 'trigger', 'read', 'expected', 'age'],
        runs.map((run) => [
          run.importId,
          printable(run.shop),
          run.status,
          run.source,
          run.mode,
          run.trigger ?? '-',
          run.read,
          run.expected ?? '-',
          age((now - run.createdAt.getTime()) / 1_000),
        ]),
      );

/** Formats all details of an import, and the next step if it is not complete. */
export const showLines = (run: ImportRun, pace: Pace = paceOf(run, Date.now())): string[] => [
  `import ${run.importId} of ${printable(run.shop)}: ${run.status}`,
  `${run.mode} by ${run.source === 'auto' ? 'a source not yet chosen' : run.source}; ${timesOf(run)}`,
  `${readOf(run)}: ${outcomes(run)}`,
  ...(run.trigger === 'reconciliation' ? ['started by the service, to find what webhooks have missed'] : []),
  ...(run.missed > 0 ? [`${number(run.missed)} of the changes should have come by webhooks`] : []),
  ...(hasEnded(run) ? [] : [paceLine(run, pace)]),
  ...(run.error ? [printable(run.error)] : []),
  ...notesOf(run).map((note) => `note: ${note}`),
  ...reasonLines(run),
  ...(isResumable(run) ? [`continue with: ${resumeCommand(run)}`] : []),
];

/**
 * Lists each reason: its effect, its number of customers, and its explanations for the merchant and for
 * support.
 */
const reasonLines = ({ rowErrors, importId, merchantId }: ImportRun): string[] => {
  const counts = Object.entries(rowErrors ?? {});
  if (counts.length === 0) return [];
  return [
    ...counts.flatMap(([reason, n]) => [
      `${EFFECTS[explainReason(reason).effect]}: ${number(n)} (${printable(reason)})`,
      ...sentences(reason),
    ]),
    `list them with: ${errorsCommand({ importId, merchantId })}`,
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

/** Formats the progress line of a watch: customers read, rate, remaining time, waiting reason. */
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
  // All customers are read: those that changed during the import are read again, and the count is checked.
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
    return startedAt ? `started ${startedAt.toISOString()}` : `requested ${createdAt.toISOString()}`;
  const began = startedAt ?? createdAt;
  return `${count(Math.round((finishedAt.getTime() - began.getTime()) / 100) / 10, 'second')}, until ${finishedAt.toISOString()}`;
}
