import { PermanentError, type Logger } from '@core/runtime';
import type { Reader } from './reader.ts';

/** PostgreSQL would write keys and emails into its log. */
export class LoudLogs extends PermanentError {
  override name = 'LoudLogs';
}

// Keys and emails travel as parameters; a statement's own text holds neither, so log_statement and
// log_min_duration_statement may say what they like, and pg_stat_statements keeps texts alone. auto_explain has a
// setting of its own, which is there only where the module is loaded.
const MUST_BE_0 = [
  'log_parameter_max_length',
  'log_parameter_max_length_on_error',
  'auto_explain.log_parameter_max_length',
];

/**
 * Refuses a PostgreSQL whose log shows the parameters of this session's statements; outside of production it warns
 * once. Error messages quote rows in their DETAIL: no email in clear, but ids and metadata; that is only warned of.
 * @throws LoudLogs saying what to set
 */
export async function assertQuietLogs(
  reader: Reader,
  { NODE_ENV, log }: { NODE_ENV: string; log: Pick<Logger, 'warn'> },
): Promise<void> {
  const settings = await reader.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1::text[])',
    [[...MUST_BE_0, 'log_error_verbosity']],
  );
  const loud = settings.filter(({ name, setting }) => MUST_BE_0.includes(name) && setting !== '0');
  if (loud.length > 0) {
    const found = loud.map(({ name, setting }) => `${name} is ${setting}`).join(', ');
    const message = `PostgreSQL's log may show keys and emails: ${found}; set it to 0 (alter system set ... = 0, then select pg_reload_conf())`;
    if (NODE_ENV === 'production') throw new LoudLogs(message);
    log.warn(message);
  }
  const verbosity = settings.find(({ name }) => name === 'log_error_verbosity')?.setting;
  if (NODE_ENV === 'production' && verbosity !== 'terse') {
    log.warn(
      `PostgreSQL's log quotes rows in errors: log_error_verbosity is ${verbosity}; terse leaves them out`,
    );
  }
}
