import { Client } from 'pg';
import { assertMigratable, readerOf, UnknownSchema } from '@core/db';

/**
 * Whether this build can go on with the data of an earlier start: they may be older than the first migration, or
 * already those of a newer build.
 * @param url core_owner's
 * @throws Error saying how to begin anew
 */
export async function checkSchema(url: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await assertMigratable(readerOf(async (text, values) => (await client.query(text, values)).rows));
  } catch (error) {
    if (!(error instanceof UnknownSchema)) throw error;
    throw new Error(
      `${error.message}\nThese are the data of an earlier start; npm start -- --fresh wipes them and begins anew.`,
      { cause: error },
    );
  } finally {
    await client.end();
  }
}
