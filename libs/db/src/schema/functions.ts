/** The names of the functions in libs/db/functions, which a build calls or its triggers execute. */
export const FUNCTION_NAMES = [
  'announce_customer_changes',
  'connection_of_shop',
  'connection_of_webhook',
  'customer_changes_complete_until',
  'guard_shop_redaction',
  'list_segment',
  'list_shared_audit',
  'read_scores',
  'set_updated_at',
  'switch_outbox_partition',
] as const;
