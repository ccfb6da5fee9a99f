import type { InstallationStack } from './stack.ts';
import type { Subject } from './subject.ts';

const SHIFT = `
  with installations as (
    update app_installations
       set uninstalled_at = uninstalled_at - $3::interval, redacted_at = redacted_at - $3::interval,
           unredacted = array(select t - $3::interval from unnest(unredacted) t order by t)
     where shop_id = $1),
  entries as (
    update shop_directory set proven_at = proven_at - $3::interval, ended_at = ended_at - $3::interval
     where shop_id = $1),
  answers as (
    update shopify_connections set answered_at = answered_at - $3::interval where merchant_id = $2)
  update privacy_requests set received_at = received_at - $3::interval, not_before = not_before - $3::interval
   where merchant_id = $2 and kind = 'shop_redact' and completed_at is null and cancelled_at is null`;

/**
 * Lets hours of a life pass: the stored times of its shop become earlier. Rejected: moving the clock of the
 * stand-in, by which every session token and signed query would have expired.
 */
export async function passTime(stack: InstallationStack, subject: Subject, until: number): Promise<void> {
  const { merchantId, far } = subject;
  // The worker has read the time of a webhook that it is applying. An importer asks within seconds.
  await stack.watch.untilIdle(merchantId, ['webhook', 'question']);
  // Whole seconds: a proof, whose time has no fraction, stays later than the uninstall before it.
  const seconds = Math.floor((until - subject.hours) * 3_600);
  await stack.owner.query(SHIFT, [far.shopId, merchantId, `${seconds} seconds`]);
  subject.hours += seconds / 3_600;
}
