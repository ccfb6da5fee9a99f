import type { PrivacyRequest } from '@core/domain';
import { age } from '../cli/print.ts';

const DAY_MS = 86_400_000;
/** From then on somebody is to be asked why. */
export const ALARM_DAYS = 20;

/** done, waiting, late (ten days are left) or overdue. */
export function stateOf({ completedAt, receivedAt, dueAt }: PrivacyRequest, now = Date.now()): string {
  if (completedAt) return 'done';
  if (now >= dueAt.getTime()) return 'OVERDUE';
  return now - receivedAt.getTime() >= ALARM_DAYS * DAY_MS ? 'LATE' : 'waiting';
}

/** 12d left, or 3d over. */
export function leftOf({ completedAt, dueAt }: PrivacyRequest, now = Date.now()): string {
  if (completedAt) return '-';
  const seconds = (dueAt.getTime() - now) / 1_000;
  return seconds < 0 ? `${age(-seconds)} over` : `${age(seconds)} left`;
}

export const requestJson = (request: PrivacyRequest) => ({
  merchant_id: request.merchantId,
  request_id: request.requestId,
  kind: request.kind,
  customer_id: request.customerId,
  received_at: request.receivedAt,
  due_at: request.dueAt,
  completed_at: request.completedAt,
  state: stateOf(request).toLowerCase(),
});
