import type { Stack } from '@core/stack';

/**
 * Starts a worker that erases and seals. It has no broker: this work needs none, and the shared one has the
 * events of other specs.
 */
export const startWorker = (stack: Stack) =>
  stack.launch('worker', {
    env: {
      KAFKA_BROKER: '127.0.0.1:1',
      CORE_DB_SEALER_PASSWORD: new URL(stack.database.urlFor('core_sealer')).password,
    },
  });
