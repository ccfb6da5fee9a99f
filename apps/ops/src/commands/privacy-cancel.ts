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
A shop redaction stops, before its start or while it runs: nothing more is removed, and what was removed stays
removed. It cannot be continued: if it was right after all, have it sent again with another request_id. A
request with a problem (see \`privacy list\`) can be cancelled, whatever its kind: it was no real request, or
was served under another id. If it is sent again without the problem and with its own request_id, it is
carried out. A person's request without a problem cannot be cancelled. The audit log records who cancelled,
and why.`,
  options: {
    ...REQUEST_OPTIONS,
    reason: oneOf(CANCEL_REASONS, 'the reason (default: withdrawn)'),
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
            ? ['it will not be carried out; the same request_id stays cancelled if it arrives again']
            : ['it is no longer waited for; if it is sent again without the problem, it is carried out'],
      }),
    );
  },
});
