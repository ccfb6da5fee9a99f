import { PermanentError } from '@core/runtime';

/** CORE_DB_POOLER does not match what is at the address: no app starts. */
export class WrongPooler extends PermanentError {
  override name = 'WrongPooler';
  /** The SQLSTATE of a refused connection: a process that is already running handles it as one. */
  readonly code = '08P01';
}
