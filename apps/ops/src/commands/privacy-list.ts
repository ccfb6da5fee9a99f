import { databaseEnv, inTransaction } from '@core/db';
import { listPrivacyRequests } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { flag, integerOr, merchantId } from '../cli/option.ts';
import { count, printable, table } from '../cli/print.ts';
import { assertMerchantIsKnown } from '../connect/assert-merchant.ts';
import { withDatabase } from '../connect/with-database.ts';
import {
  ALARM_DAYS,
  isOverdue,
  remainingTime,
  requestJson,
  earliestStart,
  stateOf,
} from '../privacy/present.ts';

const HEADS = ['merchant', 'request', 'kind', 'received', 'due', 'runs', 'left', 'state'];

export const privacyList = defineCommand({
  name: 'privacy list',
  does: 'list the open privacy requests of persons and shops, the earliest due date first',
  details: `
A request is due thirty days after its arrival. A data_request is done once ExportCustomerData was called with
its request_id. The worker carries out redact and shop_redact; if one of them waits for long, the worker's log
contains the reason.

A request with a problem could not be carried out as it was sent. If its event became a dead letter, it is
done once its producer has sent it again with the same request_id. If its webhook was given up,
\`webhooks redrive\` tries it again. A request of an unknown kind or merchant (zeros) has the position of its
event as its id if it has no better one. \`privacy cancel\` closes it once it was served under another id, or
if it is no real request.

A shop_redact runs at the listed time, unless \`privacy cancel\` stops it. A HELD one arrived with an unusual
number of others and waits for \`privacy confirm\`; its due date does not change.`,
  options: {
    merchant: merchantId('only requests of this merchant'),
    late: flag(`only requests that arrived more than ${ALARM_DAYS} days ago`),
    all: flag('include done and cancelled requests'),
    limit: integerOr(100, 'maximum number of requests', { min: 1, max: 10_000 }),
  },
  env: databaseEnv,
  run: ({ values: { merchant, late, all, limit }, env }) =>
    withDatabase(env, async (pool) => {
      const olderThanDays = late ? ALARM_DAYS : undefined;
      const found = await inTransaction(pool, (tx) =>
        listPrivacyRequests(tx, { merchantId: merchant, olderThanDays, all, most: limit }),
      );
      if (found.length === 0 && merchant) await assertMerchantIsKnown(pool, merchant);
      const overdue = found.filter(isOverdue).length;
      const withProblem = found.some(({ problem }) => problem !== null);
      return {
        json: { overdue, requests: found.map(requestJson) },
        lines:
          found.length === 0
            ? [
                `no privacy request${merchant ? ` of merchant ${merchant}` : ''}${all ? '' : late ? ' is late' : ' waits'}`,
              ]
            : [
                ...table(
                  [...HEADS, ...(withProblem ? ['problem'] : [])],
                  found.map((request) => [
                    request.merchantId,
                    printable(request.requestId),
                    request.kind,
                    request.receivedAt.toISOString().slice(0, 10),
                    request.dueAt.toISOString().slice(0, 10),
                    earliestStart(request),
                    remainingTime(request),
                    stateOf(request),
                    ...(withProblem ? [printable(request.problem ?? '-')] : []),
                  ]),
                ),
                ...(overdue > 0 ? ['', `${count(overdue, 'request')} overdue`] : []),
              ],
      };
    }),
});
