import { once } from 'node:events';
import { createServer } from 'node:net';
import { ensureSystem } from '@core/local';
import { fetchKafkaJars, startTestServices, type RunningTestServices } from '@core/testing';

type Outcome = { value: RunningTestServices; problem?: undefined } | { problem: string; value?: undefined };

export interface Offer {
  /** Why they did not start, or which of them died. */
  problem(): Promise<string | undefined>;
  stop(): Promise<void>;
}

/**
 * Offers PostgreSQL, Kafka and Redis at a socket. They start when the first Jest asks for them (askRun): one whose result
 * comes from the cache does not, so that a run in which nothing has changed starts none.
 */
export async function offerServices(socket: string): Promise<Offer> {
  let starting: Promise<Outcome> | undefined;
  const server = createServer((line) => {
    line.on('error', () => undefined); // a Jest that was ended
    void (starting ??= startServices()).then(({ value, problem }) =>
      line.write(`${JSON.stringify(value?.addresses ?? { problem })}\n`),
    );
  });
  await once(server.listen(socket), 'listening');
  return {
    async problem() {
      const { value, problem } = (await starting) ?? {};
      const dead = value?.children.filter((child) => !child.alive()).map((child) => child.name) ?? [];
      return dead.length > 0 ? `died during the run: ${dead.join(', ')}` : problem?.split('\n')[0];
    },
    async stop() {
      server.close();
      await (await starting)?.value?.stop();
    },
  };
}

/** Never rejects: each Jest that asks is told. */
async function startServices(): Promise<Outcome> {
  const begin = performance.now();
  const say = (message: string) => console.log(`      ${message}`);
  try {
    await ensureSystem({ need: ['java', 'mvn', 'redis-server', 'pgbouncer'], onProgress: say });
    await fetchKafkaJars(say);
    const value = await startTestServices();
    say(`the services are up after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    return { value };
  } catch (error) {
    return {
      problem: `the services did not start: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
