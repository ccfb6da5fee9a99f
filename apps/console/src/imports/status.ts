import { ImportMode, ImportSource, ImportStatus, type CustomerImport } from '@core/contracts/web';
import type { Texts } from '../texts/english.ts';
import type { Tone } from '../ui/badge.tsx';

/** How a status is shown: its words in texts.ts, and its color. */
export interface StatusView {
  words: keyof Texts['importStatus'];
  tone: Tone;
}

const VIEWS: Partial<Record<ImportStatus, StatusView>> = {
  [ImportStatus.PENDING]: { words: 'pending', tone: 'info' },
  [ImportStatus.RUNNING]: { words: 'running', tone: 'info' },
  [ImportStatus.PAUSED]: { words: 'paused', tone: 'warn' },
  [ImportStatus.CANCELLING]: { words: 'cancelling', tone: 'idle' },
  [ImportStatus.CANCELLED]: { words: 'cancelled', tone: 'idle' },
  [ImportStatus.COMPLETED]: { words: 'completed', tone: 'ok' },
  [ImportStatus.COMPLETED_WITH_ERRORS]: { words: 'completedWithErrors', tone: 'warn' },
  [ImportStatus.INCOMPLETE]: { words: 'incomplete', tone: 'bad' },
  [ImportStatus.FAILED]: { words: 'failed', tone: 'bad' },
};

/** A status of a later api is shown as unknown. */
export const viewOf = (status: ImportStatus): StatusView =>
  VIEWS[status] ?? { words: 'unknown', tone: 'idle' };

const RUNNING: readonly ImportStatus[] = [
  ImportStatus.PENDING,
  ImportStatus.RUNNING,
  ImportStatus.PAUSED,
  ImportStatus.CANCELLING,
];
const RESUMABLE: readonly ImportStatus[] = [
  ImportStatus.CANCELLED,
  ImportStatus.FAILED,
  ImportStatus.INCOMPLETE,
];

type WithStatus = Pick<CustomerImport, 'status'>;

export const isRunning = ({ status }: WithStatus): boolean => RUNNING.includes(status);
export const canResume = ({ status }: WithStatus): boolean => RESUMABLE.includes(status);
export const canCancel = (run: WithStatus): boolean =>
  isRunning(run) && run.status !== ImportStatus.CANCELLING;

/** Keys of the names in texts.ts. */
export const modeNameOf = (run: Pick<CustomerImport, 'mode'>): 'fullName' | 'deltaName' =>
  run.mode === ImportMode.DELTA ? 'deltaName' : 'fullName';

type SourceWords = 'auto' | 'bulk' | 'graphql' | 'rest';
const SOURCES: Partial<Record<ImportSource, SourceWords>> = {
  [ImportSource.BULK]: 'bulk',
  [ImportSource.GRAPHQL]: 'graphql',
  [ImportSource.REST]: 'rest',
};
export const sourceOf = ({ source }: Pick<CustomerImport, 'source'>): SourceWords =>
  SOURCES[source] ?? 'auto';
