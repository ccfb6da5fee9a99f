/** The longest timeout of a Node timer, 24 days; a longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const LONGEST_TIMER_S = Math.floor(LONGEST_TIMER_MS / 1_000);

const MS_OF: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000 };

/** The header with the timeout of a call: the first one in gRPC and gRPC-Web, the second one in Connect. */
export type TimeoutHeader = 'grpc-timeout' | 'connect-timeout-ms';

const FORMS: Readonly<Record<TimeoutHeader, { form: RegExp; expectation: string }>> = {
  'grpc-timeout': {
    form: /^\d{1,8}[HMSmun]$/,
    expectation: 'must be 1 to 8 digits and one of H, M, S, m, u, n',
  },
  'connect-timeout-ms': { form: /^\d{1,10}$/, expectation: 'must be 1 to 10 digits' },
};

/**
 * Returns why the timeout is invalid, or undefined for a valid or absent one. grpc-js searches its header for
 * a timeout: it reads -1S as one second and 100000000H as zero. connect-node quotes the value.
 */
export function timeoutProblem(headers: Record<string, unknown>, name: TimeoutHeader): string | undefined {
  const value = headers[name];
  const { form, expectation } = FORMS[name];
  return value === undefined || form.test(String(value)) ? undefined : `${name}: ${expectation}`;
}

/**
 * Caps a caller's timeout at the longest timeout of a timer. grpc-js and connect-node set one timer for each
 * call; without the cap a caller with a timeout of a month would get "deadline exceeded" at once.
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
