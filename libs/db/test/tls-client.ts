// The program that tls.spec.ts runs in its own process, because Node reads NODE_EXTRA_CA_CERTS when it
// starts. It connects with the JSON of its argument, and prints the outcome.
import { createLogger } from '@core/runtime';
import { createPool, type DatabaseEnv } from '../src/index.ts';

const env = JSON.parse(process.argv[2] ?? '') as DatabaseEnv;
const pool = createPool(env, { app: 'tls', log: createLogger('tls', 'silent') });
const outcome = await pool
  .query<{ ssl: boolean }>('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
  .then(({ rows }) => ({ encrypted: rows[0]?.ssl }))
  .catch((error: Error) => ({ refused: error.message }));
process.stdout.write(JSON.stringify(outcome));
await pool.end();
