import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { PrivacyRequestKind as Kind, PrivacyRequestStatus as Status } from '@core/contracts/web';
import { canCancel, deadlineOf, stateOf } from './request-state.ts';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;
const shop = (more: object = {}) => ({
  kind: Kind.SHOP_REDACT,
  status: Status.PENDING,
  problem: '',
  notBefore: undefined,
  ...more,
});

it.each([
  ['waiting', shop({ notBefore: timestampFromMs(NOW + DAY) }), true],
  ['waiting', shop(), true],
  ['running', shop({ notBefore: timestampFromMs(NOW - 1) }), false],
  ['held', shop({ status: Status.HELD }), false],
  ['cancelled', shop({ status: Status.CANCELLED }), false],
  ['done', shop({ status: Status.COMPLETED }), false],
  ['problem', shop({ problem: 'shop_domain: must name a connected shop' }), false],
  ['problem', shop({ kind: Kind.UNSPECIFIED }), false],
  ['yours', shop({ kind: Kind.DATA_REQUEST }), false],
  ['running', shop({ kind: Kind.REDACT }), false],
] as const)('is %s: %#', (state, request, cancellable) => {
  expect(stateOf(request, NOW)).toBe(state);
  expect(canCancel(request, NOW)).toBe(cancellable);
});

it.each([
  [30, 30, 'far'],
  [9.5, 9, 'soon'],
  [4.9, 4, 'near'],
  [0.5, 0, 'near'],
  [-0.5, -1, 'near'],
  [-3.1, -3, 'near'],
] as const)('has %p days left as %p, %s', (left, days, tone) =>
  expect(deadlineOf({ dueAt: timestampFromMs(NOW + left * DAY) }, NOW)).toEqual({ days, tone }),
);
