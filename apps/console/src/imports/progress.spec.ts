import { ImportStatus } from '@core/contracts/web';
import { progressOf, roundLeft } from './progress.ts';

const run: Parameters<typeof progressOf>[0] = {
  status: ImportStatus.RUNNING,
  read: 250n,
  expected: 1_000n,
  rate: 10,
  eta: 75,
};

it.each([
  ['that reads', run, { phase: 'reading', share: 0.25, perSecond: 10, secondsLeft: 75 }],
  [
    'whose count is not known',
    { ...run, read: 0n, expected: 0n, rate: 0, eta: undefined },
    { phase: 'counting', share: undefined, perSecond: 0, secondsLeft: undefined },
  ],
  [
    'that waits for Shopify',
    { ...run, rate: 0 },
    { phase: 'reading', share: 0.25, perSecond: 0, secondsLeft: undefined },
  ],
  [
    'that is paused',
    { ...run, status: ImportStatus.PAUSED },
    { phase: 'reading', share: 0.25, perSecond: 0, secondsLeft: undefined },
  ],
  [
    'that has read all',
    { ...run, read: 1_000n, eta: 0 },
    { phase: 'checking', share: 0.99, perSecond: 10, secondsLeft: undefined },
  ],
  [
    'that has read more than the shop had',
    { ...run, read: 1_200n },
    { phase: 'checking', share: 0.99, perSecond: 10, secondsLeft: undefined },
  ],
  [
    'that has nearly read all',
    { ...run, read: 9_999n, expected: 10_000n, eta: 0.1 },
    { phase: 'reading', share: 0.99, perSecond: 10, secondsLeft: 5 },
  ],
  [
    'that is completed',
    { ...run, status: ImportStatus.COMPLETED, read: 1_000n },
    { phase: 'ended', share: 1, perSecond: 10, secondsLeft: undefined },
  ],
  [
    'that was cancelled in the middle',
    { ...run, status: ImportStatus.CANCELLED },
    { phase: 'ended', share: 0.25, perSecond: 10, secondsLeft: undefined },
  ],
  [
    'of an empty shop',
    { ...run, status: ImportStatus.COMPLETED, read: 0n, expected: 0n, rate: 0 },
    { phase: 'ended', share: undefined, perSecond: 0, secondsLeft: undefined },
  ],
])('computes the progress of an import %s', (_, given, progress) =>
  expect(progressOf(given)).toEqual(progress),
);

it.each([
  [0, 0],
  [-4, 0],
  [1, 5],
  [60, 60],
  [61, 75],
  [299, 300],
  [301, 360],
  [3_601, 3_660],
])('rounds %s seconds up to %s', (seconds, rounded) => expect(roundLeft(seconds)).toBe(rounded));
