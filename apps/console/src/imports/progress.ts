import { ImportStatus, type CustomerImport } from '@core/contracts/web';
import { isRunning } from './status.ts';

/** How far an import is. */
export interface Progress {
  /**
   * - counting: the shop's count is not known yet
   * - reading: customers arrive
   * - checking: every customer is read, and the result is compared with the shop
   */
  phase: 'counting' | 'reading' | 'checking' | 'ended';
  /** The part that is read, 0 to 1; undefined while it is not known. */
  share: number | undefined;
  perSecond: number;
  /** Undefined while it is not known, or no time is left to tell. */
  secondsLeft: number | undefined;
}

type Run = Pick<CustomerImport, 'status' | 'read' | 'expected' | 'rate' | 'eta'>;

/**
 * Computes the progress. The share never reaches 1 while the import runs: a full bar that stays full for a
 * minute looks like a page that has stopped.
 */
export function progressOf(run: Run): Progress {
  const [read, expected] = [Number(run.read), Number(run.expected)];
  const share = expected > 0 ? Math.min(1, read / expected) : undefined;
  // The rate of a pause is the one before it.
  const perSecond = run.status === ImportStatus.PAUSED ? 0 : Math.max(0, run.rate);
  if (!isRunning(run)) return { phase: 'ended', share, perSecond, secondsLeft: undefined };
  if (share === undefined) return { phase: 'counting', share, perSecond, secondsLeft: undefined };
  if (share === 1) return { phase: 'checking', share: LONGEST_SHARE, perSecond, secondsLeft: undefined };
  return {
    phase: 'reading',
    share: Math.min(share, LONGEST_SHARE),
    perSecond,
    secondsLeft: run.eta === undefined || perSecond === 0 ? undefined : roundLeft(run.eta),
  };
}

const LONGEST_SHARE = 0.99;

/**
 * Rounds up the time that is left, so that the figure does not jump with each snapshot. The steps are 5
 * seconds below a minute, 15 below five minutes, and a minute above.
 */
export function roundLeft(seconds: number): number {
  const step = seconds <= 60 ? 5 : seconds <= 300 ? 15 : 60;
  return Math.ceil(Math.max(0, seconds) / step) * step;
}
