import { databaseEnv, keyringEnv, quietLogsEnv, sealerEnv } from '@core/db';
import { kafkaEnv } from '@core/events';
import { appEnv, integer, oneOf, port } from '@core/runtime';
import { keySource } from '@core/runtime/jwks';

export const workerEnv = {
  ...appEnv,
  ...databaseEnv,
  ...keyringEnv,
  ...quietLogsEnv,
  ...sealerEnv,
  ...kafkaEnv,
  CORE_EVENTS_JWKS: keySource({
    doc: 'public keys of who may sign gdpr_request.created: the URL of a JWKS, a file, or the JWKS itself',
    example: 'https://privacy.example.com/.well-known/jwks.json',
  }),
  CORE_EVENTS_SIGNATURES: oneOf(['auto', 'required', 'off'], {
    doc: 'signatures of gdpr_request.created; auto: required in production and with CORE_EVENTS_JWKS',
    default: 'auto',
  }),
  CORE_ADMIN_PORT: port({ doc: '/healthz, /readyz and /metrics', default: 9102 }),
  RFM_UNKNOWN_WAIT: integer({
    doc: 'how long a score waits for its customer to become known, seconds; then it is a dead letter',
    default: 900,
    max: 604_800,
  }),
};
