import { inTransaction, type Pool } from '@core/db';
import {
  acquireConnectLease,
  otherRequest,
  releaseConnectLease,
  type ConnectLease,
  type ShopConnection,
} from '@core/domain';
import { pause } from '@core/runtime';

/** Longer than its work, so that a lease expires only when its holder has died. */
const LEASE_MS = 60_000;
/** A grant and a proof, each of which times out after 15 s, with retries of the proof. */
const WORK_MS = 45_000;
/** Longer than a grant and a proof usually take. */
const WAIT_MS = 20_000;
const POLL_EVERY_MS = 200;

export interface HeldLease {
  lease: ConnectLease;
  /** Aborted before the lease expires. */
  signal: AbortSignal;
}

/**
 * Does work that replaces the tokens of a shop, in one process of all at a time.
 * @param connection the shop, and the merchant who is to have it
 * @throws CoreError unavailable when another request holds the lease for too long; as `work`
 */
export async function withConnectLease<T>(
  pool: Pool,
  { merchantId, shop }: ShopConnection,
  signal: AbortSignal,
  work: (held: HeldLease) => Promise<T>,
): Promise<T> {
  const acquire = () =>
    inTransaction(pool, (tx) => acquireConnectLease(tx, { merchantId, shop, leaseMs: LEASE_MS }), {
      merchantId,
      signal,
    });
  const until = Date.now() + WAIT_MS;
  let lease = await acquire();
  while (!lease) {
    if (Date.now() >= until) throw otherRequest(shop);
    await pause(POLL_EVERY_MS, signal);
    signal.throwIfAborted();
    lease = await acquire();
  }
  const held = lease;
  try {
    return await work({ lease: held, signal: AbortSignal.any([signal, AbortSignal.timeout(WORK_MS)]) });
  } finally {
    await inTransaction(pool, (tx) => releaseConnectLease(tx, held), { merchantId }).catch(
      () => undefined, // the lease expires
    );
  }
}
