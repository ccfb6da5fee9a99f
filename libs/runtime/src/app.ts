import { isIP } from 'node:net';
import { EnvError, oneOf, readEnv, text, type Env, type EnvSchema } from './env.ts';
import { createLogger, type Logger } from './logger.ts';
import { PermanentError } from './retry.ts';
import { createShutdown, type Shutdown } from './shutdown.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** The environment that every app reads. */
export const appEnv = {
  LOG_LEVEL: oneOf(LOG_LEVELS, { doc: LOG_LEVELS.join(', '), default: 'info' }),
  CORE_LISTEN_HOST: text({
    doc: 'address on which the ports listen, such as 127.0.0.1; empty: all interfaces',
    default: '',
    example: '127.0.0.1',
    check(raw) {
      if (isIP(raw) === 0) throw new Error('must be an IP address');
    },
  }),
};

export interface App<S extends EnvSchema> {
  env: Env<S>;
  log: Logger;
  shutdown: Shutdown;
}

/**
 * Runs one app from start to exit: environment, logger, signals, clean-up, exit code. An unforeseen rejection
 * ends the process: a half-broken process looks healthy and is not.
 */
export async function runApp<S extends EnvSchema & typeof appEnv>(
  name: string,
  schema: S,
  start: (app: App<S>) => Promise<void>,
): Promise<void> {
  const log = createLogger(name);
  const shutdown = createShutdown(log);
  const stop = async (code: number, why: string) => {
    log.info({ why }, 'stopping');
    const cleaned = await shutdown.run();
    log.info({ exit_code: code || cleaned }, 'stopped');
    process.exit(code || cleaned);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(0, signal));
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'unforeseen error');
    void stop(1, 'unforeseen error');
  });
  try {
    const env = readEnv(schema);
    log.level = (env as Env<typeof appEnv>).LOG_LEVEL;
    await start({ env, log, shutdown });
    log.info('ready');
  } catch (err) {
    if (shutdown.signal.aborted) return; // a signal has already started the stop
    // The message contains what the operator must fix; a stack would hide it.
    if (err instanceof EnvError || err instanceof PermanentError) log.fatal(err.message);
    else log.fatal({ err }, 'could not start');
    await stop(1, 'could not start');
  }
}
