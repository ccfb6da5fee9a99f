import type { Pool } from '@core/db';
import type { Secret } from './scan.ts';

/** The schema of the suite's own records, in which nothing is looked for. */
export const OWN_SCHEMA = 'faults';

/** Records every stored form of a token from now on. */
export const recordTokens = (owner: Pool): Promise<unknown> =>
  owner.query(`
    create schema ${OWN_SCHEMA};
    create table faults.stored_tokens (merchant_id uuid not null, stored text not null);
    create function faults.record_tokens() returns trigger language plpgsql security definer as $$
    begin
      insert into faults.stored_tokens
      select new.merchant_id, t from unnest(array[new.access_token, new.refresh_token]) t where t is not null;
      return null;
    end $$;
    create trigger trg_faults_record_tokens after insert or update on shopify_connections
      for each row execute function faults.record_tokens()`);

/** Returns the stored tokens of connections that have ended or have newer tokens. */
export async function endedTokens(owner: Pool): Promise<Secret[]> {
  const { rows } = await owner.query<{ merchant_id: string; stored: string }>(
    `select merchant_id, stored from faults.stored_tokens
     except
     select c.merchant_id, t
       from shopify_connections c, unnest(array[c.access_token, c.refresh_token]) t`,
  );
  return rows.map(({ merchant_id: merchantId, stored }) => ({
    what: 'the stored token of an ended connection',
    text: stored,
    merchantId,
  }));
}
