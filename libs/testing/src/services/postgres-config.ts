import { join } from 'node:path';
import { writeOwnedFile } from './unprivileged.ts';

export const REPLICATION_ROLE = 'core_replication';
/** Names the slot of a standby. The primary retains WAL for each slot. */
export const replicationSlot = (replica: number): string => `core_replica_${replica}`;

export interface NodeConfig {
  data: string;
  port: number;
  /** False, for tests: the data survives a killed process, but no power failure. */
  durable: boolean;
  /** Set on the standby. */
  primary?: { port: number; password: string; slot: string };
  /** Additional settings; they override the defaults below. */
  settings?: Readonly<Record<string, string | number>> | undefined;
}

/** Rewrites the node's whole configuration, because ports may have changed since the last start. */
export function writeConfig({ data, port, durable, primary, settings: others }: NodeConfig): void {
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '', // TCP only: socket paths in deep folders exceed the system's limit
    max_connections: 200, // equal on all nodes, otherwise the standby refuses to start
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    wal_level: 'replica',
    hot_standby: 'on',
    hot_standby_feedback: 'on',
    // Parameters contain keys and emails, and the DETAIL of an error quotes rows: neither may be logged.
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
    log_error_verbosity: 'terse',
    // synchronous_commit stays on: acknowledged writes must survive kill -9, in tests too.
    fsync: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',
    ...others,
  };
  if (primary) {
    settings['primary_conninfo'] =
      `host=127.0.0.1 port=${primary.port} user=${REPLICATION_ROLE} password=${primary.password}`;
    settings['primary_slot_name'] = primary.slot;
    writeOwnedFile(join(data, 'standby.signal'), '');
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  writeOwnedFile(join(data, 'postgresql.conf'), lines.join(''));
  writeOwnedFile(
    join(data, 'pg_hba.conf'),
    `host all all 127.0.0.1/32 scram-sha-256\nhost replication ${REPLICATION_ROLE} 127.0.0.1/32 scram-sha-256\n`,
  );
}
