import type { TableName } from '@core/db';
import { erasePerson } from './erase-person.ts';
import { ERASED_COLUMNS } from './erase-rows.ts';
import {
  eraseImportErrors,
  eraseImportIds,
  eraseParkedEvents,
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
import type { HeldPlace, Stays } from './held-place.ts';
import { endRuns, removeConnections, removeEntries, removeSchedules } from './shop/cut-off.ts';
import { destroyKeys } from './shop/destroy-keys.ts';
import { erasePeople } from './shop/erase-people.ts';
import {
  removeImportErrors,
  removeImportIds,
  removeParkedEvents,
  removeSettings,
  removeWebhookBodies,
} from './shop/shop-places.ts';

/** Not of the schema: the tables of the migrations, and places that are no tables. */
type OtherPlace =
  | 'schema_migrations'
  | 'schema_functions'
  | 'topic gdpr_request.created'
  | 'dead letters'
  | 'import jobs'
  | 'backups';

const OF_SHOP: Stays = { why: "the shop's, not a person's" };
const AS_PROOF: Stays = { why: 'holds our own ids, names of fields and counts; kept as proof', told: true };
const IN_BACKUPS: Stays = {
  why: 'hold what they held until their retention ends; docs/privacy.md says how a restore erases anew',
  told: true,
};
const ANOTHER_SHOP =
  'another shop of the merchant is connected: kept, for nothing tells which of them it is of';

/**
 * All data held of a person, and its fate: exports, erasures, their receipts, the search of canaries in
 * tables and the table of docs/privacy.md read it from here. A table that is not in it does not compile.
 *
 * An export, and an erasure of a person, take the places in this order, which their receipts show: webhooks
 * stand behind the places that need no key, because decrypting them takes longest. A shop's redaction takes
 * them by turns (SHOP_TURNS): schedules, and the entries of the directory, stand before the connections.
 */
export const PERSONAL_DATA = {
  customers: {
    holds:
      "`email`: encrypted under the merchant's data key, bound to the row's ids; `email_hash`, to find it by: HMAC-SHA-256 of the normalised email under the merchant's index key; `external_id`, Shopify's customer id: clear; `rfm_score`: clear; `metadata`: clear, so callers must put no personal data there",
    exported: { words: 'the customers, and those merged with them, in clear', read: exportCustomers },
    ofPerson: { removes: ERASED_COLUMNS, erase: erasePerson },
    ofShop: { turn: 'people', removes: ERASED_COLUMNS, remove: erasePeople, ifAnotherShop: ANOTHER_SHOP },
  },
  customer_import_logs: {
    holds: 'shops, times and counts',
    exported: OF_SHOP,
    ofPerson: OF_SHOP,
    ofShop: { turn: 'first', removes: ['runs under way: cancelled'], remove: endRuns },
  },
  import_schedules: {
    holds: 'shops and times',
    exported: OF_SHOP,
    ofPerson: OF_SHOP,
    ofShop: { turn: 'first', removes: ['rows'], remove: removeSchedules },
  },
  shop_directory: {
    holds: 'names and numbers of shops, and whose they are',
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
        'an import that still meets the id in the shop notes it again, and forgets it when it completes, or 30 days after it was broken off',
    },
    ofShop: { turn: 'own', removes: ['rows'], remove: removeImportIds },
  },
  parked_events: {
    holds: 'scores of a customer who is not known yet: our own id, clear, for `RFM_UNKNOWN_WAIT`',
    exported: { words: 'the events', read: exportParkedEvents },
    ofPerson: { removes: ['rows'], erase: eraseParkedEvents },
    ofShop: { turn: 'merchant', removes: ['rows'], remove: removeParkedEvents },
  },
  webhook_events: {
    holds:
      "`body`, which names people: AES-256-GCM under the merchant's data key, until it is applied, or deleted 30 days after it came; `body_hash`, to know it again: HMAC-SHA-256 of topic and body under the merchant's index key; `name_marks`, whom it may be about: four bytes each of keyed hashes, as long as the body",
    exported: { words: 'those that wait or were given up, opened', read: exportWebhooks },
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
    exported: { why: 'erased people alone have them' },
    ofPerson: {
      removes: [],
      erase: writeTombstones,
      words: 'written: by them an import knows that the person must not come back',
    },
    ofShop: { why: 'without the index key nobody can tell whom they are of' },
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
      remark: 'destroyed; backups open with them until the keyring key that wrapped them is destroyed, too',
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
    nothingPersonal: 'holds our own ids and names of fields; rows go once they are published',
    told: true,
  },
  inbox_events: {
    nothingPersonal: 'holds ids of events and digests of scores; rows go with their retention',
    told: true,
  },
  audit_log: {
    holds: "who did what: our own ids, names of fields and counts; only the owner's role may change a row",
    exported: { words: 'the newest 1,000 rows, without others whom they name', read: exportAuditLog },
    ofPerson: AS_PROOF,
    ofShop: AS_PROOF,
  },
  'dead letters': {
    nothingPersonal:
      'hold our own ids and scores: the fields of an event alone, and no name of a person, are written',
    told: true,
  },
  'import jobs': { nothingPersonal: 'hold ids of imports and slices', told: true },
  customer_import_slices: {
    nothingPersonal:
      "hold counts, and places in the shop's list in the shop's own words, until the import has read on, or 30 days after it was broken off",
    told: true,
  },
  backups: {
    holds: 'all of this, as it was when they were taken',
    exported: { why: 'the tables are' },
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
  dead_letter_resolutions: { nothingPersonal: 'holds places of records, and the operator who decided' },
  key_rotations: { nothingPersonal: 'holds how far the rows of a merchant have come to new keys' },
  audit_seals: { nothingPersonal: 'holds digests and counts of audit rows' },
  schema_migrations: { nothingPersonal: 'holds digests of migrations' },
  schema_functions: { nothingPersonal: 'holds digests of functions' },
} satisfies Record<TableName | OtherPlace, HeldPlace>;
