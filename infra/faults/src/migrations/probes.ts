import { Client } from 'pg';
import { pause } from '@core/runtime';

export interface Probes {
  /** Returns the longest duration of a completed read, in milliseconds. */
  longestMs(): number;
  stop(): Promise<void>;
}

/** The number of concurrent readers: a waiting reader must not hide the other tables. */
const WIDTH = 4;
const EVERY_MS = 5;

/** Reads a row of each table in turn, repeatedly. */
export async function startProbes(url: string, tables: readonly string[]): Promise<Probes> {
  let longest = 0;
  let running = true;
  const probe = async (client: Client, n: number) => {
    for (let turn = n; running; turn += WIDTH) {
      const begun = performance.now();
      await client.query(`select from ${tables[turn % tables.length]} limit 1`);
      longest = Math.max(longest, performance.now() - begun);
      await pause(EVERY_MS);
    }
  };
  const clients = await Promise.all(
    Array.from({ length: WIDTH }, async () => {
      const client = new Client({ connectionString: url, application_name: 'probe' });
      await client.connect();
      return client;
    }),
  );
  const probing = Promise.all(clients.map(probe));
  probing.catch(() => undefined); // reported by stop()
  return {
    longestMs: () => Math.round(longest),
    async stop() {
      running = false;
      await probing.finally(() => Promise.all(clients.map((client) => client.end())));
    },
  };
}
