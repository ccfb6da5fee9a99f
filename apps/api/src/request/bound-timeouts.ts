/** The longest that a timer of Node takes, 24 days: it ends at once what is to last longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const LONGEST_TIMER_S = Math.floor(LONGEST_TIMER_MS / 1_000);

const MS_OF: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000 };

/**
 * Bounds how long a caller is willing to wait by what a timer takes: grpc-js and connect-node set one for each call, and
 * a caller with the patience of a month would be told that its deadline has passed.
 * @param headers of a request; changed in place, because both libraries read them from there
 */
export function boundTimeouts(headers: Record<string, unknown>): void {
  const { 'grpc-timeout': grpc, 'connect-timeout-ms': connect } = headers;
  const [, amount, unit = ''] = /^(\d{1,8})([HMS])$/.exec(String(grpc)) ?? [];
  if (Number(amount) * (MS_OF[unit] ?? 0) > LONGEST_TIMER_MS) headers['grpc-timeout'] = `${LONGEST_TIMER_S}S`;
  if (/^\d{1,10}$/.test(String(connect)) && Number(connect) > LONGEST_TIMER_MS) {
    headers['connect-timeout-ms'] = String(LONGEST_TIMER_MS);
  }
}
