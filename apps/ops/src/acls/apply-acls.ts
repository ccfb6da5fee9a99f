import {
  aclsOf,
  keyOf,
  unneededWriteAcls,
  PRINCIPALS,
  type Acl,
  type KafkaClient,
  type Principals,
} from '@core/events';
import type { Report, Terminal } from '../cli/command.ts';
import { OpsError } from '../cli/errors.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { single, type Values } from '../cli/option.ts';
import { count, printable, table } from '../cli/print.ts';

/** Kafka accepts any text: an ACL for a nonexistent principal would look like a working one. */
const PRINCIPAL = /^[A-Za-z]\w*:\S+$/;

const named = (who: keyof Principals, what: string) =>
  single('<principal>', `principal of ${what} (default: ${PRINCIPALS[who]})`, (raw) => {
    if (!PRINCIPAL.test(raw)) throw new Error(`must be a type and a name, such as ${PRINCIPALS[who]}`);
    return raw;
  });

/** Options with the principals under which the broker knows its clients. */
export const PRINCIPAL_OPTIONS = {
  worker: named('worker', 'the worker'),
  ops: named('ops', 'the operators'),
  analytics: named('analytics', 'RFM Analytics'),
  privacy: named('privacy', 'the service that requests erasures'),
};

const NO_AUTHORIZER =
  'the broker has no authorizer: every client that can connect may write everywhere, and ACLs have no effect; ' +
  'set authorizer.class.name and super.users on every broker, restart them, and run this command again';

/** Shows the required ACLs, and adds the missing ones after a confirmation. */
export async function applyAcls(
  kafka: Pick<KafkaClient, 'acls' | 'createAcls'>,
  values: Values<typeof PRINCIPAL_OPTIONS> & { yes: boolean },
  terminal: Terminal,
): Promise<Report> {
  const wanted = aclsOf({
    worker: values.worker ?? PRINCIPALS.worker,
    ops: values.ops ?? PRINCIPALS.ops,
    analytics: values.analytics ?? PRINCIPALS.analytics,
    privacy: values.privacy ?? PRINCIPALS.privacy,
  });
  const present = await kafka.acls().catch((error: Error) => {
    throw new OpsError(`cannot read the ACLs: ${error.message}; KAFKA_SASL must be a user who may read them`);
  });
  const there = new Set(present?.map(keyOf));
  const missing = wanted.filter((acl) => !there.has(keyOf(acl)));
  const others = unneededWriteAcls(present ?? [], wanted);
  const preview = [
    ...table(
      ['principal', 'may', 'on', 'present'],
      wanted.map((acl) => [acl.principal, acl.operation, whereOf(acl), missing.includes(acl) ? 'no' : 'yes']),
    ),
    ...others.map(
      (acl) => `${printable(acl.principal)} may ${acl.operation} on ${whereOf(acl)}, which is not required`,
    ),
  ];
  const json = { authorizer: present !== undefined, wanted, missing, others };
  if (!present) {
    if (values.yes) throw new OpsError(NO_AUTHORIZER);
    return { json, lines: [...preview, NO_AUTHORIZER] };
  }
  if (missing.length === 0) return { json, lines: [...preview, 'every required ACL is present'] };
  const what = count(missing.length, 'ACL');
  if (!(await confirmAction(values, terminal, preview, `add ${what}?`))) {
    return { json, lines: [...preview, `would add ${what}`, DRY_RUN_NOTICE] };
  }
  await kafka.createAcls(missing).catch((error: Error) => {
    throw new OpsError(
      `cannot change the ACLs: ${error.message}; KAFKA_SASL must be a user who may change them`,
    );
  });
  return { json: { ...json, added: missing.length }, lines: [`added ${what}`] };
}

const whereOf = ({ resource, name, pattern }: Acl): string =>
  `${resource} ${printable(name)}${pattern === 'prefixed' ? '*' : ''}`;
