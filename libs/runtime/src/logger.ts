import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * JSON lines on stdout. Names of fields that could carry a person or a secret are cut out whatever
 * a caller passes; the rule stays: do not pass them.
 */
export const createLogger = (app: string, level = 'info'): Logger =>
  pino({
    level,
    base: { app },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        'email',
        'access_token',
        'refresh_token',
        'token',
        'password',
        'authorization',
        '*.email',
        '*.token',
      ],
      remove: true,
    },
    serializers: { err: describeError },
  });

/**
 * What a log may say of an error. Messages of PostgreSQL can quote a row's values in `detail`, `where`
 * and `internalQuery`: only name, code, message and stack are kept.
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
