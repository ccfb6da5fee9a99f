import { Topic } from '@core/contracts';
import { directEnv, needsDirect, sealerEnv } from '@core/db';
import { kafkaEnv } from '@core/events';
import {
  assertRule,
  integer,
  keySource,
  oneOf,
  optionalInteger,
  withRules,
  type Env,
  type EnvRule,
  type KeySource,
} from '@core/runtime';
import { serviceEnv } from '@core/service';

/** A day less than the legal limit: the redaction itself takes time too. */
const LONGEST_SHOP_REDACT_WAIT_S = 29 * 86_400;
const SHOP_REDACT_WAIT_S = 86_400;

const variables = {
  ...serviceEnv(9_102),
  ...directEnv,
  ...sealerEnv,
  ...kafkaEnv,
  CORE_EVENTS_JWKS: keySource({
    doc: 'public keys that may sign gdpr_request.created: the URL of a JWKS, a file, or the JWKS itself',
    example: 'https://privacy.example.com/.well-known/jwks.json',
  }),
  CORE_EVENTS_SIGNATURES: oneOf(['auto', 'required', 'off'], {
    doc: 'signatures of gdpr_request.created: auto, required or off; auto: required in production and with CORE_EVENTS_JWKS',
    default: 'auto',
  }),
  CORE_SHOP_REDACT_WAIT: optionalInteger({
    doc: 'seconds between a request to redact a shop and the redaction; a day in production, none elsewhere, unless given',
    example: '86400',
    max: LONGEST_SHOP_REDACT_WAIT_S,
  }),
  CORE_SHOP_REDACT_MOST: integer({
    doc: 'maximum shop redactions within an hour; when more arrive, all wait for `ops privacy confirm`',
    default: 3,
    max: 1_000_000,
  }),
  RFM_UNKNOWN_WAIT: integer({
    doc: 'how long a score waits for its customer to become known, seconds; then it is a dead letter',
    default: 900,
    max: 604_800,
  }),
};

/** Topics on which one record destroys data irrecoverably. The next score corrects a forged score. */
export const SIGNED_TOPICS: readonly string[] = [Topic.gdprRequestCreated];

const signersKnown: EnvRule = (given) => {
  const mode = given('CORE_EVENTS_SIGNATURES');
  const required = mode === 'required' || (mode !== 'off' && given('NODE_ENV') === 'production');
  if (!required || given('CORE_EVENTS_JWKS')) return undefined;
  return (
    `records of ${SIGNED_TOPICS.join(', ')} must be signed: set CORE_EVENTS_JWKS to the signers' public keys, ` +
    'or switch signatures off with CORE_EVENTS_SIGNATURES=off'
  );
};

const sealedInProduction: EnvRule = (given) =>
  given('NODE_ENV') !== 'production' || given('CORE_DB_SEALER_PASSWORD')
    ? undefined
    : 'CORE_DB_SEALER_PASSWORD: is required in production, which seals the audit log';

export const workerEnv = withRules(variables, signersKnown, sealedInProduction, needsDirect);

export type WorkerEnv = Env<typeof workerEnv>;

/** The senders whose signatures count, or that none is asked for. @throws EnvError where one must be, also without readEnv */
export function signersOf(
  env: Pick<WorkerEnv, 'CORE_EVENTS_JWKS' | 'CORE_EVENTS_SIGNATURES' | 'NODE_ENV'>,
): KeySource | 'off' {
  assertRule(signersKnown, env);
  return env.CORE_EVENTS_SIGNATURES === 'off' ? 'off' : (env.CORE_EVENTS_JWKS ?? 'off');
}

/** The password of the role that seals, or that nobody seals. @throws EnvError in production without one, also without readEnv */
export function sealerOf(
  env: Pick<WorkerEnv, 'CORE_DB_SEALER_PASSWORD' | 'NODE_ENV'>,
): { password: string } | 'off' {
  assertRule(sealedInProduction, env);
  return env.CORE_DB_SEALER_PASSWORD ? { password: env.CORE_DB_SEALER_PASSWORD } : 'off';
}

/**
 * The delay of a shop redaction; never zero in production, where an operator must be able to stop a forged
 * one.
 */
export const shopRedactionPolicy = ({
  CORE_SHOP_REDACT_WAIT: wait,
  CORE_SHOP_REDACT_MOST: most,
  NODE_ENV,
}: Pick<WorkerEnv, 'CORE_SHOP_REDACT_WAIT' | 'CORE_SHOP_REDACT_MOST' | 'NODE_ENV'>) => ({
  wait: wait ?? (NODE_ENV === 'production' ? SHOP_REDACT_WAIT_S : 0),
  most,
});
