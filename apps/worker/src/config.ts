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
    doc: 'seconds between the request for a shop redaction and its start; default: a day in production, none elsewhere',
    example: '86400',
    max: LONGEST_SHOP_REDACT_WAIT_S,
  }),
  CORE_SHOP_REDACT_MOST: integer({
    doc: 'maximum shop redactions within an hour; when more arrive, all wait for `ops privacy confirm`',
    default: 3,
    max: 1_000_000,
  }),
  RFM_UNKNOWN_WAIT: integer({
    doc: 'seconds that a score waits for its unknown customer; then it becomes a dead letter',
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
    : 'CORE_DB_SEALER_PASSWORD: is required in production, where the audit log must be sealed';

export const workerEnv = withRules(variables, signersKnown, sealedInProduction, needsDirect);

export type WorkerEnv = Env<typeof workerEnv>;

/**
 * Returns the public keys of the accepted signers, or 'off' if no signature is required.
 * @throws EnvError when keys are required but missing; this is checked even without readEnv
 */
export function signersOf(
  env: Pick<WorkerEnv, 'CORE_EVENTS_JWKS' | 'CORE_EVENTS_SIGNATURES' | 'NODE_ENV'>,
): KeySource | 'off' {
  assertRule(signersKnown, env);
  return env.CORE_EVENTS_SIGNATURES === 'off' ? 'off' : (env.CORE_EVENTS_JWKS ?? 'off');
}

/**
 * Returns the password of the role that seals the audit log, or 'off' if no role seals it.
 * @throws EnvError in production without a password; this is checked even without readEnv
 */
export function sealerOf(
  env: Pick<WorkerEnv, 'CORE_DB_SEALER_PASSWORD' | 'NODE_ENV'>,
): { password: string } | 'off' {
  assertRule(sealedInProduction, env);
  return env.CORE_DB_SEALER_PASSWORD ? { password: env.CORE_DB_SEALER_PASSWORD } : 'off';
}

/**
 * Returns the delay of shop redactions and their hourly limit. The default delay in production gives an
 * operator the time to stop a forged request.
 */
export const shopRedactionPolicy = ({
  CORE_SHOP_REDACT_WAIT: wait,
  CORE_SHOP_REDACT_MOST: most,
  NODE_ENV,
}: Pick<WorkerEnv, 'CORE_SHOP_REDACT_WAIT' | 'CORE_SHOP_REDACT_MOST' | 'NODE_ENV'>) => ({
  wait: wait ?? (NODE_ENV === 'production' ? SHOP_REDACT_WAIT_S : 0),
  most,
});
