import { pause } from '@core/runtime';
import type { Scenario } from '../scenario.ts';

export const brokerDown: Scenario[] = [
  {
    name: 'Kafka down under write load',
    async run({ stack, workers, short, signal }) {
      if (workers.all().length === 0) await workers.start();
      const seconds = short ? 8 : 60;
      await stack.broker.kill();
      await pause(1_000 * seconds, signal);
      await stack.broker.start();
      return { faults: 1, note: `down for ${seconds} s` };
    },
  },
  {
    name: 'broker restarted with lost producer state',
    async run({ stack, workers, short, signal }) {
      if (workers.all().length === 0) await workers.start();
      const restarts = short ? 1 : 3;
      for (let n = 0; n < restarts; n++) {
        await stack.broker.kill();
        await stack.broker.start({ forget: true });
        await pause(2_000, signal);
      }
      return { faults: restarts, note: `${restarts} restarts` };
    },
  },
];
