import { cpus, totalmem } from 'node:os';
import { Client } from 'pg';

/** Describes the machine and the server versions that produced the figures. */
export async function describeMachine(databaseUrl: string): Promise<Record<string, unknown>> {
  const client = new Client(databaseUrl);
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('show server_version');
  await client.end();
  return {
    cores: cpus().length,
    model: cpus()[0]?.model,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    postgresql: rows[0]?.server_version,
  };
}
