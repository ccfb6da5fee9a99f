import type { TableName } from '@core/db';
import { erasePerson } from './erase-person.ts';
import { ERASED_COLUMNS } from './erase-rows.ts';
import {
  eraseImportErrors,
  eraseImportIds,
  eraseParkedEvents,
  eraseSegmentWrites,
  eraseWebhooks,
  writeTombstones,
} from './erase-traces.ts';
import {
  exportAuditLog,
  exportCustomers,
  exportImportErrors,
  exportImportIds,
  exportParkedEvents,
  exportPrivacyRequests,
  exportWebhooks,
} from './export-steps.ts';
import type { HeldPlace, Unaffected } from './held-place.ts';
import {
  cancelRuns,
  removeConnections,
  removeEntries,
  removeSchedules,
  removeSegmentSyncs,
} from './shop/disconnect-steps.ts';
import { destroyKeys } from './shop/destroy-keys.ts';
import { erasePeople } from './shop/erase-people.ts';
import {
  removeImportErrors,
  removeImportIds,
  removeParkedEvents,
  removeSegmentWrites,
  removeSettings,
  removeWebhookBodies,
} from './shop/shop-places.ts';

// Place and receipt: docs/glossary.md#privacy-and-keys.
/** Places outside the schema: the tables of the migrations, and places that are not tables. */
type OtherPlace =
  | 'schema_migrations'
  | 'schema_functions'
  | 'topic gdpr_request.created'
  | 'dead letters'
  | 'import jobs'
  | 'backups';

const OF_SHOP: Unaffected = { why: "the shop's, not a person's" };
const AS_PROOF: Unaffected = {
  why: 'holds our own ids, names of fields and counts; kept as proof',
  inReceipts: true,
};
const IN_BACKUPS: Unaffected = {
  why: 'keep their content until their retention ends; docs/privacy.md describes how a restore repeats the erasures',
  inReceipts: true,
};
const ANOTHER_SHOP =
  'another shop of the merchant is connected: kept, because nothing records which shop it belongs to';

/**
 * All personal data that is held, and what happens to it. Exports, erasures, their receipts, the search for
 * canaries in tables and the table of docs/privacy.md read it from here. A table that is missing here does
 * not compile.
 *
 * An export and a person's erasure process the places in this order, which their receipts show: webhooks come
 * after the places that need no key, because decrypting them takes longest. A shop's redaction processes them
 * by turns (SHOP_TURNS): schedules and directory entries come before the connections.
 */
export const PERSONAL_DATA = {
  customers: {
    holds:
      "`email`: encrypted under the merchant's data key, bound to the row's ids; `email_hash`, to find it by: HMAC-SHA-256 of the normalized email under the merchant's index key; `external_id`, Shopify's customer id: clear; `rfm_score`: clear; `metadata`: clear, so callers must put no personal data there",
    exported: { words: 'the customers, and those merged with them, in clear', read: exportCustomers },
    ofPerson: { removes: ERASED_COLUMNS, erase: erasePerson },
    ofShop: { turn: 'people', removes: ERASED_COLUMNS, remove: erasePeople, ifAnotherShop: ANOTHER_SHOP },
  },
  customer_import_logs: {
    holds: 'shops, times and counts',
    exported: OF_SHOP,
    ofPerson: OF_SHOP,
    ofShop: { turn: 'first', removes: ['runs in progress: cancelled'], remove: cancelRuns },
  },
  import_schedules: {
    holds: 'shops and times',
    exported: OF_SHOP,
    ofPerson: OF_SHOP,
    ofShop: { turn: 'first', removes: ['rows'], remove: removeSchedules },
  },
  shop_directory: {
    holds: 'names and numbers of shops, and the merchants that own them',
    exported: OF_SHOP,
    ofPerson: OF_SHOP,
    ofShop: { turn: 'first', removes: ['rows'], remove: removeEntries },
  },
  shopify_connections: {
    holds: "a shop's access tokens: AES-256-GCM under the merchant's data key",
    exported: OF_SHOP,
    ofPerson: OF_SHOP,
    ofShop: { turn: 'first', removes: ['rows'], remove: removeConnections },
  },
  segment_writes: {
    holds:
      "what a shop has of a customer: our own id and Shopify's customer id; `written_segment` and `written_score`: all clear, until the shop has deleted them",
    exported: { why: 'the customer, which is handed over, has the same values' },
    ofPerson: {
      removes: ['written_segment', 'written_score'],
      erase: eraseSegmentWrites,
      remark: "Shopify's customer id stays until the shop has deleted its metafields of the person",
    },
    ofShop: { turn: 'own', removes: ['rows'], remove: removeSegmentWrites },
  },
  segment_syncs: {
    holds: 'shops, times and counts',
    exported: OF_SHOP,
    ofPerson: OF_SHOP,
    ofShop: { turn: 'first', removes: ['rows'], remove: removeSegmentSyncs },
  },
  customer_import_errors: {
    holds: "`external_id`, Shopify's customer id: clear, for 90 days",
    exported: { words: 'the rows', read: exportImportErrors },
    ofPerson: { removes: ['rows'], erase: eraseImportErrors },
    ofShop: { turn: 'own', removes: ['rows'], remove: removeImportErrors },
  },
  customer_import_ids: {
    holds: "`ids`, Shopify's customer ids: clear, until the import is complete",
    exported: { words: 'the pages that name the person', read: exportImportIds },
    ofPerson: {
      removes: ['external_id'],
      erase: eraseImportIds,
      remark:
        'an import that still finds the id in the shop stores it again, and deletes it when it completes, or 30 days after it was interrupted',
    },
    ofShop: { turn: 'own', removes: ['rows'], remove: removeImportIds },
  },
  parked_events: {
    holds: 'scores of a customer who is not stored yet: our own id, clear, for `RFM_UNKNOWN_WAIT`',
    exported: { words: 'the events', read: exportParkedEvents },
    ofPerson: { removes: ['rows'], erase: eraseParkedEvents },
    ofShop: { turn: 'merchant', removes: ['rows'], remove: removeParkedEvents },
  },
  webhook_events: {
    holds:
      "`body`, which names people: AES-256-GCM under the merchant's data key, until it is applied, or deleted 30 days after it was received; `body_hash`, to recognize a repeated delivery: HMAC-SHA-256 of topic and body under the merchant's index key; `name_marks`, for the people it may be about: four bytes each of keyed hashes, kept as long as the body",
    exported: { words: 'those that wait or were given up, decrypted', read: exportWebhooks },
    ofPerson: { removes: ['body'], erase: eraseWebhooks },
    ofShop: {
      turn: 'own',
      removes: ['body'],
      remove: removeWebhookBodies,
      ifAnotherShop: 'privacy requests that wait, or were given up, keep their body: the customers are kept',
    },
  },
  erasure_tombstones: {
    holds: "keyed hashes of the emails and external ids of erased people, under the merchant's index key",
    exported: { why: 'only erased people have them' },
    ofPerson: {
      removes: [],
      erase: writeTombstones,
      words: 'written: an import recognizes by them a person who must not be stored again',
    },
    ofShop: { why: 'without the index key they cannot be linked to a person' },
  },
  program_settings: {
    holds: "the merchant's thresholds of scores",
    exported: OF_SHOP,
    ofPerson: OF_SHOP,
    ofShop: { turn: 'merchant', removes: ['rows'], remove: removeSettings },
  },
  merchant_keys: {
    holds: "each merchant's keys: wrapped (AES-256-GCM) by the first key of `CORE_ENCRYPTION_KEYS`",
    exported: OF_SHOP,
    ofPerson: OF_SHOP,
    ofShop: {
      turn: 'last',
      removes: ['data_key', 'index_key'],
      remove: destroyKeys,
      remark:
        'destroyed; backups can be decrypted with them until the keyring key that wrapped them is destroyed, too',
      ifAnotherShop: ANOTHER_SHOP,
    },
  },
  privacy_requests: {
    holds:
      "our own id; keyed hashes of the email and external id that a request named, under the merchant's index key",
    exported: { words: 'kind and times of each', read: exportPrivacyRequests },
    ofPerson: { why: 'stays as proof, with the receipt' },
    ofShop: { why: 'stays as proof, with the receipt' },
  },
  outbox_events: {
    nothingPersonal: 'holds our own ids and names of fields; rows are deleted once they are published',
    inReceipts: true,
  },
  inbox_events: {
    nothingPersonal: 'holds ids of events and digests of scores; rows are deleted after their retention',
    inReceipts: true,
  },
  audit_log: {
    holds: "who did what: our own ids, names of fields and counts; only the owner's role may change a row",
    exported: { words: 'the newest 1,000 rows, without the other people they name', read: exportAuditLog },
    ofPerson: AS_PROOF,
    ofShop: AS_PROOF,
  },
  'dead letters': {
    nothingPersonal:
      'hold our own ids and scores: only the fields of an event are written, and no name of a person',
    inReceipts: true,
  },
  'import jobs': { nothingPersonal: 'hold ids of imports and slices', inReceipts: true },
  customer_import_slices: {
    nothingPersonal:
      "hold counts, and the shop's own cursors into its list, until the import has read on, or 30 days after it was interrupted",
    inReceipts: true,
  },
  backups: {
    holds: 'all of this, as it was when they were taken',
    exported: { why: 'the tables are handed over' },
    ofPerson: IN_BACKUPS,
    ofShop: IN_BACKUPS,
  },
  'topic gdpr_request.created': {
    holds: 'requests as they were sent, which may name the person by email or external id: clear',
    exported: { why: 'the sender holds them' },
    ofPerson: { why: "stays for the broker's retention" },
    ofShop: { why: "stays for the broker's retention" },
  },
  outbox_refused: { nothingPersonal: 'holds events that Kafka refuses: our own ids and names of fields' },
  outbox_current_partition: { nothingPersonal: 'holds which part of the outbox is written to' },
  outbox_shards: { nothingPersonal: 'holds which process publishes which part of the outbox' },
  used_install_links: { nothingPersonal: 'holds ids of links that were used' },
  connect_leases: { nothingPersonal: 'holds names of shops, while their tokens are replaced' },
  app_installations: { nothingPersonal: "holds a shop's number, and when the app was uninstalled" },
  dead_letter_resolutions: { nothingPersonal: 'holds places of records, and the operator who decided' },
  key_rotations: { nothingPersonal: "holds how far a merchant's rows are rotated to new keys" },
  audit_seals: { nothingPersonal: 'holds digests and counts of audit rows' },
  schema_migrations: { nothingPersonal: 'holds digests of migrations' },
  schema_functions: { nothingPersonal: 'holds digests of functions' },
} satisfies Record<TableName | OtherPlace, HeldPlace>;
