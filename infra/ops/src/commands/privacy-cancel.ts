import { databaseEnv } from '@core/db';
import { CANCEL_REASONS, cancelShopRedaction } from '@core/domain';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { oneOf } from '../cli/option.ts';
import { actOnShopRedactions } from '../privacy/act-on-shop-redaction.ts';
import { REQUEST_OPTIONS, requestOf } from '../privacy/options.ts';
import { withRequest } from '../privacy/with-request.ts';

export const privacyCancel = defineCommand({
  name: 'privacy cancel',
  does: 'cancel the redaction of a shop permanently, before it begins or while it runs',
  details: `
Nothing more is removed; what was removed before stays so. The request cannot be taken up again: if it was right after
all, have it sent anew with another request_id. The audit log says who stopped it, and why.`,
  options: {
    ...REQUEST_OPTIONS,
    reason: oneOf(CANCEL_REASONS, 'why (withdrawn)'),
    ...ACTING_OPTIONS,
  },
  env: databaseEnv,
  run: (call) => {
    const ref = requestOf(call.values, call.env);
    const reason = call.values.reason ?? 'withdrawn';
    return withRequest(call.env, ref, (pool) =>
      actOnShopRedactions(pool, call, [ref], {
        verb: 'cancel',
        act: (tx, actor) => cancelShopRedaction(tx, actor, { ...ref, reason }),
        then: () => ['it is not carried out; the same request_id stays cancelled if it comes again'],
      }),
    );
  },
});
