import { once } from 'node:events';
import { createServer } from 'node:net';
import { ensureSystem } from '@core/local';
import { fetchKafkaJars, startTestServices, type RunningTestServices } from '@core/testing';

type Outcome = { value: RunningTestServices; problem?: undefined } | { problem: string; value?: undefined };

export interface Offer {
  /** Returns why the services did not start, or which of them ended; undefined when they run. */
  problem(): Promise<string | undefined>;
  stop(): Promise<void>;
}

/**
 * Offers PostgreSQL, Kafka and Redis on a socket. They start when the first Jest process requests them
 * (requestTestServices). A cached result needs no Jest process, so a run without changes starts no services.
 */
export async function offerServices(socket: string): Promise<Offer> {
  let starting: Promise<Outcome> | undefined;
  const server = createServer((line) => {
    line.on('error', () => undefined); // a Jest process that was killed
    void (starting ??= startServices()).then(({ value, problem }) =>
      line.write(`${JSON.stringify(value?.addresses ?? { problem })}\n`),
    );
  });
  await once(server.listen(socket), 'listening');
  return {
    async problem() {
      const { value, problem } = (await starting) ?? {};
      const dead = value?.children.filter((child) => !child.alive()).map((child) => child.name) ?? [];
      return dead.length > 0 ? `ended during the run: ${dead.join(', ')}` : problem?.split('\n')[0];
    },
    async stop() {
      server.close();
      await (await starting)?.value?.stop();
    },
  };
}

/** Starts the services. Never rejects: the problem is reported to each Jest process that requests them. */
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
