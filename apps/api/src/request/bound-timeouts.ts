/** The longest timeout of a Node timer, 24 days; a longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const LONGEST_TIMER_S = Math.floor(LONGEST_TIMER_MS / 1_000);

const MS_OF: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000 };

/**
 * Caps a caller's timeout at the longest timeout of a timer: grpc-js and connect-node set one timer for each
 * call, and a caller with a timeout of a month would get "deadline exceeded" at once.
 * @param headers the headers of a request; changed in place, because both libraries read them from there
 */
export function boundTimeouts(headers: Record<string, unknown>): void {
  const { 'grpc-timeout': grpc, 'connect-timeout-ms': connect } = headers;
  const [, amount, unit = ''] = /^(\d{1,8})([HMS])$/.exec(String(grpc)) ?? [];
  if (Number(amount) * (MS_OF[unit] ?? 0) > LONGEST_TIMER_MS) headers['grpc-timeout'] = `${LONGEST_TIMER_S}S`;
  if (/^\d{1,10}$/.test(String(connect)) && Number(connect) > LONGEST_TIMER_MS) {
    headers['connect-timeout-ms'] = String(LONGEST_TIMER_MS);
  }
}
