import type { Client, Connection, Submittable } from 'pg';

/**
 * Reads a table as COPY writes it, row by row: the very bytes, with no type parsed on the way. PostgreSQL sends one
 * message for each row. By the driver's own interface for queries, which is less than a further dependency.
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
