export * from './gen/auth/v1/auth_pb.ts';
export * from './gen/core/v1/core_pb.ts';
export * from './gen/core/v1/import_pb.ts';
export * from './gen/core/v1/privacy_pb.ts';
export * from './gen/core/v1/rfm_pb.ts';
export * from './gen/core/v1/shop_pb.ts';
export * from './gen/events/v1/events_pb.ts';
export * from './envelope.ts';
export * from './event-text.ts';
export * from './external-id.ts';
export * from './ids.ts';
export * from './import-status.ts';
export {
  readGdprRequestCreated,
  assertNamesPerson,
  GID_OF_CUSTOMER,
  type PersonIdentifier,
  type InboundGdprRequest,
} from './inbound/gdpr-request-created.ts';
export type { GdprKind } from './inbound/gdpr-kind.ts';
export { readTime, readTimestamp, type Instant } from './inbound/instant.ts';
export { isPlaceholderId } from './inbound/no-id.ts';
export { isRawNumber, parseJson, rawNumber } from './inbound/parse-json.ts';
export { readRfmUpdated, writeRfmUpdated, type InboundScore } from './inbound/rfm-updated.ts';
export { fieldGivenTwice, JsonFields, type SameValue } from './json-fields.ts';
export * from './json-names.ts';
export * from './json-object.ts';
export * from './kept-fields.ts';
export * from './malformed-event.ts';
export { repeatedFields } from './repeated-fields.ts';
export * from './shop-domain.ts';
export * from './shopify-gid.ts';
export * from './shopify-id.ts';
export * from './shopify-rfm-group.ts';
export * from './shopify-time.ts';
export * from './storable.ts';
export * from './topics.ts';
export * from './trace-context.ts';
export * from './utf8.ts';
export { withoutLast } from './without-last.ts';
