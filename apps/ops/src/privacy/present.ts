import { UNKNOWN_MERCHANT, type PrivacyRequest } from '@core/domain';
import { age, printable } from '../cli/print.ts';

const DAY_MS = 86_400_000;
/** From this age on an operator must find out why the request still waits. */
export const ALARM_DAYS = 20;

/**
 * Returns done, cancelled, waiting, LATE (ten days are left) or OVERDUE; HELD when an operator has to confirm
 * it.
 */
export function stateOf(request: PrivacyRequest, now = Date.now()): string {
  if (request.completedAt) return 'done';
  if (request.cancelledAt) return 'cancelled';
  const state = waitingFor(request, now);
  if (!request.held) return state;
  return state === 'waiting' ? 'HELD' : `${state}, HELD`;
}

function waitingFor({ receivedAt, dueAt }: PrivacyRequest, now: number): string {
  if (now >= dueAt.getTime()) return 'OVERDUE';
  return now - receivedAt.getTime() >= ALARM_DAYS * DAY_MS ? 'LATE' : 'waiting';
}

/** Returns the remaining time: 12d left, or 3d over. */
export function remainingTime({ completedAt, cancelledAt, dueAt }: PrivacyRequest, now = Date.now()): string {
  if (completedAt || cancelledAt) return '-';
  const seconds = (dueAt.getTime() - now) / 1_000;
  return seconds < 0 ? `${age(-seconds)} over` : `${age(seconds)} left`;
}

export const isOverdue = (request: PrivacyRequest): boolean => stateOf(request).startsWith('OVERDUE');

/** Returns the earliest start of a waiting shop redaction: 2026-01-02T03:04Z. */
export const earliestStart = ({ completedAt, cancelledAt, notBefore }: PrivacyRequest): string =>
  completedAt || cancelledAt || !notBefore ? '-' : `${notBefore.toISOString().slice(0, 16)}Z`;

const merchantOf = ({ merchantId }: PrivacyRequest): string =>
  merchantId === UNKNOWN_MERCHANT ? `${merchantId} (stands for an unknown merchant)` : merchantId;

/** Formats all fields of one request. */
export const requestLines = (request: PrivacyRequest): string[] => [
  `${request.kind} ${printable(request.requestId)}: ${stateOf(request)}`,
  `merchant   ${merchantOf(request)}`,
  `customer   ${request.customerId ?? '-'}`,
  `received   ${request.receivedAt.toISOString()}`,
  `due        ${request.dueAt.toISOString()} (${remainingTime(request)})`,
  ...(request.notBefore ? [`not before ${request.notBefore.toISOString()}`] : []),
  ...(request.problem ? [`problem    ${printable(request.problem)}`] : []),
  `completed  ${request.completedAt?.toISOString() ?? '-'}`,
  ...(request.cancelledAt
    ? [`cancelled  ${request.cancelledAt.toISOString()}, ${request.cancelReason ?? '-'}`]
    : []),
];

export const requestJson = (request: PrivacyRequest) => ({
  merchant_id: request.merchantId,
  request_id: request.requestId,
  kind: request.kind,
  customer_id: request.customerId,
  received_at: request.receivedAt,
  due_at: request.dueAt,
  completed_at: request.completedAt,
  not_before: request.notBefore,
  held: request.held,
  cancelled_at: request.cancelledAt,
  cancel_reason: request.cancelReason,
  problem: request.problem,
  state: stateOf(request).toLowerCase(),
});
