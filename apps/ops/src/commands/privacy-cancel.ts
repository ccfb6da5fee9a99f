import { databaseEnv } from '@core/db';
import { CANCEL_REASONS, cancelPrivacyRequest } from '@core/domain';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { oneOf } from '../cli/option.ts';
import { actOnShopRedactions } from '../privacy/act-on-shop-redaction.ts';
import { REQUEST_OPTIONS, requestOf } from '../privacy/options.ts';
import { withRequest } from '../privacy/with-request.ts';

export const privacyCancel = defineCommand({
  name: 'privacy cancel',
  does: 'cancel the redaction of a shop permanently, or a request with a problem',
  details: `
Nothing more of the redaction of a shop is removed, before it begins or while it runs; what was removed before stays
so. It cannot be taken up again: if it was right after all, have it sent anew with another request_id. Every request
that shows a problem (\`privacy list\` says which) can be cancelled, of whichever kind: it was no request, or has been
served under another id. Sent again without the problem and with its own request_id it is carried out. A request of a
person without a problem cannot be cancelled. The audit log says who cancelled, and why.`,
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
        act: (tx, actor) => cancelPrivacyRequest(tx, actor, { ...ref, reason }),
        then: ({ problem }) =>
          problem === null
            ? ['it is not carried out; the same request_id stays cancelled if it comes again']
            : ['it is not waited for any more; sent again so that it can be carried out, it is'],
      }),
    );
  },
});
