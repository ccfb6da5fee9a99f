import type { Client, Connection, Submittable } from 'pg';

/**
 * Reads a table with COPY, row by row, as raw bytes without type parsing. PostgreSQL sends one message for
 * each row. Uses the driver's own Submittable interface, which avoids another dependency.
 */
export const copyRows = (client: Client, table: string, onRow: (row: Buffer) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const copy = {
      submit: (connection: Connection) => void connection.query(`copy ${table} to stdout`),
      handleCopyData: ({ chunk }: { chunk: Buffer }) => onRow(chunk),
      handleCommandComplete: () => undefined,
      handleReadyForQuery: () => resolve(),
      handleError: (error: Error) => reject(error),
    };
    client.query(copy as unknown as Submittable);
  });
