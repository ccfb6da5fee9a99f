import { databaseEnv, inTransaction } from '@core/db';
import { listPrivacyRequests } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { flag, integerOr, merchantId } from '../cli/option.ts';
import { count, printable, table } from '../cli/print.ts';
import { assertMerchantIsKnown } from '../connect/assert-merchant.ts';
import { withDatabase } from '../connect/with-database.ts';
import { ALARM_DAYS, isOverdue, leftOf, requestJson, runsOf, stateOf } from '../privacy/present.ts';

const HEADS = ['merchant', 'request', 'kind', 'received', 'due', 'runs', 'left', 'state'];

export const privacyList = defineCommand({
  name: 'privacy list',
  does: 'list the requests of persons and shops that are not done, the first due first',
  details: `
Each is due thirty days after it came. A data_request is done by ExportCustomerData that names it; redact and
shop_redact are the worker's: when one of them waits for long, its log says why. One with a problem could not be carried
out as it was sent: its event became a dead letter, and it is done when its producer has sent it anew, with the same
request_id; or its webhook was given up, and \`webhooks redrive\` tries it again. One of an unknown kind or merchant (zeros) is named by the place of its event where it has no better name;
once it has been served under another id, or is none, \`privacy cancel\` ends it.
A shop_redact runs at the listed time, unless \`privacy cancel\` stops it. A HELD one arrived with an unusual number of
others and waits for \`privacy confirm\`; its due date does not change.`,
  options: {
    merchant: merchantId('of this merchant alone'),
    late: flag(`those alone that came more than ${ALARM_DAYS} days ago`),
    all: flag('include those that are done or cancelled'),
    limit: integerOr(100, 'at most so many', { min: 1, max: 10_000 }),
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
                    runsOf(request),
                    leftOf(request),
                    stateOf(request),
                    ...(withProblem ? [printable(request.problem ?? '-')] : []),
                  ]),
                ),
                ...(overdue > 0 ? ['', `${count(overdue, 'request')} overdue`] : []),
              ],
      };
    }),
});
