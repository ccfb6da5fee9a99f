import { merchantIdFrom, customerIdFrom } from '@core/contracts';
import type { ReplayCursor, ReplaySelection } from '@core/domain';
import { UsageError } from '../cli/errors.ts';
import { merchantId, pastTime, rateOr, time, customerIds, type Option, type Values } from '../cli/option.ts';

const cursor: Option<ReplayCursor | undefined> = {
  doc: 'continue after this position, which a stopped replay printed',
  shows: '<position>',
  many: false,
  parse: ([raw]) => {
    if (raw === undefined) return undefined;
    const [merchant, updatedAt, customer, ...more] = raw.split('/');
    if (!merchant || !updatedAt || !customer || more.length > 0) {
      throw new Error('must be a position that a stopped replay printed');
    }
    const after = { merchantId: merchantIdFrom(merchant), updatedAt, customerId: customerIdFrom(customer) };
    time('').parse([updatedAt]);
    return after;
  },
};

export const cursorText = ({ merchantId, updatedAt, customerId }: ReplayCursor): string =>
  `${merchantId}/${updatedAt}/${customerId}`;

/** Options that select the customers of a replay, and its rate. */
export const REPLAY_OPTIONS = {
  merchant: merchantId('customers of this merchant'),
  customer: customerIds('this customer'),
  since: pastTime('customers last changed at this time or later: 2026-01-02T03:04:05Z, or 15m, 2h, 3d ago'),
  until: time('customers last changed before this time; default: now'),
  rate: rateOr(500, 'maximum number of events per second', 100_000),
  after: cursor,
};

/** @throws UsageError when no option selects customers, or when the range of time is empty */
export function assertSelective({ merchant, customer, since, until }: Values<typeof REPLAY_OPTIONS>): void {
  if (since && until && (since === until || Date.parse(until) < Date.parse(since))) {
    throw new UsageError(`--until: must be later than --since, which is ${since}`);
  }
  if (!merchant && !customer && !since) {
    throw new UsageError('--merchant, --customer or --since: at least one of them is required');
  }
}

/** Returns the command line that continues a stopped replay. */
export const continueCommand = (
  selection: ReplaySelection,
  rate: number,
  after: ReplayCursor | undefined,
): string =>
  [
    'npm run ops -- outbox replay',
    ...(selection.merchantId ? [`--merchant ${selection.merchantId}`] : []),
    ...(selection.customerIds ?? []).map((id) => `--customer ${id}`),
    ...(selection.since ? [`--since ${selection.since}`] : []),
    `--until ${selection.until}`,
    `--rate ${rate}`,
    ...(after ? [`--after ${cursorText(after)}`] : []),
    '--yes',
  ].join(' ');
