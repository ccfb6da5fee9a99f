import { PermanentError } from '@core/runtime';

/** CORE_DB_POOLER does not say what is at the address: no app starts. */
export class WrongPooler extends PermanentError {
  override name = 'WrongPooler';
  /** As of a refused connection: to a process that has started already, it is one. */
  readonly code = '08P01';
}
