import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * Creates a logger that writes JSON lines to stdout. Fields whose names suggest a person or a secret are
 * removed. This is only a safeguard: do not pass them.
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

/** Our own messages fit into a line; a longer message contains foreign data. */
const LONGEST_MESSAGE = 1_000;
const LONGEST_STACK = 8_000;

/**
 * Returns the part of an error that a log may contain. PostgreSQL errors can quote a row's values in
 * `detail`, `where` and `internalQuery`: only name, code, message and stack are kept. The message of SQLSTATE
 * class 22 quotes a value that PostgreSQL could not read; only the length of that value is kept.
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: cut(String(error), LONGEST_MESSAGE) };
  const { code } = error as { code?: unknown };
  const message = cut(withoutValue(error.message, code), LONGEST_MESSAGE);
  return {
    name: error.name,
    message,
    ...(code === undefined ? {} : { code }),
    // The stack begins with the message.
    stack:
      error.stack &&
      cut(
        error.stack.replace(error.message, () => message),
        LONGEST_STACK,
      ),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most)}... (${text.length} characters)`;

/** Matches `invalid input syntax for type uuid: "..."`. */
function withoutValue(message: string, code: unknown): string {
  const at = typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code) ? message.indexOf(': "') : -1;
  return at < 0 ? message : `${message.slice(0, at)}: a value of ${message.length - at - 4} characters`;
}
