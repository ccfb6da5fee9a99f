import { PermanentError, type Logger } from '@core/runtime';
import type { Reader } from './reader.ts';

/** PostgreSQL would write keys and emails into its log. */
export class UnsafeLogSettings extends PermanentError {
  override name = 'UnsafeLogSettings';
}

// Keys and emails are sent as parameters; a statement's own text contains neither. log_statement and
// log_min_duration_statement may therefore have any value, and pg_stat_statements keeps only texts.
// auto_explain has its own setting, which exists only where the module is loaded.
const MUST_BE_0 = [
  'log_parameter_max_length',
  'log_parameter_max_length_on_error',
  'auto_explain.log_parameter_max_length',
];

/**
 * Refuses a PostgreSQL whose log shows the parameters of this session's statements; outside of production it
 * warns once. Error messages quote rows in their DETAIL: they contain no plain email, but ids and metadata,
 * so this is only a warning.
 * @throws UnsafeLogSettings naming the settings to change
 */
export async function assertSafeLogSettings(
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
    if (NODE_ENV === 'production') throw new UnsafeLogSettings(message);
    log.warn(message);
  }
  const verbosity = settings.find(({ name }) => name === 'log_error_verbosity')?.setting;
  if (NODE_ENV === 'production' && verbosity !== 'terse') {
    log.warn(
      `PostgreSQL's log quotes rows in errors: log_error_verbosity is ${verbosity}; set it to terse to leave them out`,
    );
  }
}
