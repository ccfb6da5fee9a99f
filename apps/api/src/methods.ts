// Longer than other files: one table has every rpc, in the order of docs/api.md, so that each is found once.
import {
  Consistency,
  ConsistencySchema,
  CoreService,
  CustomerFilterSchema,
  ImportModeSchema,
  ImportService,
  ImportSourceSchema,
  LARGEST_METADATA,
  LONGEST_ID,
  LONGEST_SEGMENT,
  PrivacyRequestKindSchema,
  PrivacyService,
  ShopService,
} from '@core/contracts';
import { batchGetCustomerRfmHandler } from './handlers/batch-get-customer-rfm.ts';
import { cancelCustomerImportHandler } from './handlers/cancel-customer-import.ts';
import { cancelPrivacyRequestHandler } from './handlers/cancel-privacy-request.ts';
import { connectShopHandler } from './handlers/connect-shop.ts';
import { createCustomerHandler } from './handlers/create-customer.ts';
import { createInstallLinkHandler } from './handlers/create-install-link.ts';
import { deleteImportScheduleHandler } from './handlers/delete-import-schedule.ts';
import { disconnectShopHandler } from './handlers/disconnect-shop.ts';
import { exportCustomerDataHandler } from './handlers/export-customer-data.ts';
import { exportSegmentHandler } from './handlers/export-segment.ts';
import { findCustomerByEmailHandler } from './handlers/find-customer-by-email.ts';
import { getAuditSealHandler } from './handlers/get-audit-seal.ts';
import { getCustomerImportHandler } from './handlers/get-customer-import.ts';
import { getCustomerRfmHandler } from './handlers/get-customer-rfm.ts';
import { getCustomerHandler } from './handlers/get-customer.ts';
import { getErasureReceiptHandler } from './handlers/get-erasure-receipt.ts';
import { getPrivacyRequestHandler } from './handlers/get-privacy-request.ts';
import { getProgramSettingsHandler } from './handlers/get-program-settings.ts';
import { getRfmDistributionHandler } from './handlers/get-rfm-distribution.ts';
import { getSessionHandler } from './handlers/get-session.ts';
import { getShopHandler } from './handlers/get-shop.ts';
import { listAuditLogHandler } from './handlers/list-audit-log.ts';
import { listCustomerImportErrorsHandler } from './handlers/list-customer-import-errors.ts';
import { listCustomerImportsHandler } from './handlers/list-customer-imports.ts';
import { listCustomersHandler } from './handlers/list-customers.ts';
import { listImportSchedulesHandler } from './handlers/list-import-schedules.ts';
import { listPrivacyRequestsHandler } from './handlers/list-privacy-requests.ts';
import { listShopsHandler } from './handlers/list-shops.ts';
import { moveShopConnectionHandler, moveShopHandler } from './handlers/move-shop-connection.ts';
import { previewProgramSettingsHandler } from './handlers/preview-program-settings.ts';
import { requestErasureHandler } from './handlers/request-erasure.ts';
import { resumeCustomerImportHandler } from './handlers/resume-customer-import.ts';
import { setImportScheduleHandler } from './handlers/set-import-schedule.ts';
import { setSegmentSyncHandler } from './handlers/set-segment-sync.ts';
import { startCustomerImportHandler } from './handlers/start-customer-import.ts';
import { updateCustomerHandler } from './handlers/update-customer.ts';
import { updateProgramSettingsHandler } from './handlers/update-program-settings.ts';
import { watchCustomerImportHandler } from './handlers/watch-customer-import.ts';
import { SMALL_REQUEST, stream, unary, type Method } from './method.ts';
import * as is from './validation/rules.ts';

const core = CoreService.method;
const imports = ImportService.method;
const privacy = PrivacyService.method;
const shops = ShopService.method;

const { merchantId } = is;
const consistencyFields = { consistency: is.known(ConsistencySchema), consistencyToken: is.consistencyToken };
const customer = { merchantId, customerId: is.customerId };
const customerImport = { merchantId, importId: is.importId };
/**
 * All metadata that may be stored, in any spelling: a client may escape each character in six bytes, and a
 * list of digits has 11 bytes in binary for two of JSON. The other fields fit beside it.
 */
const WITH_METADATA = 6 * LARGEST_METADATA + SMALL_REQUEST;
/** 1,000 ids take 39 KB as JSON. */
const WITH_1000_IDS = 64 * 1024;
/** Two tokens of 4 KiB each. */
const WITH_TOKENS = 16 * 1024;
/** A segment for each of the 125 cells, with an escaped name. */
const WITH_THRESHOLDS = 64 * 1024;
const page = { pageSize: is.pageSize, pageToken: is.pageToken };

/** For a page that is opened repeatedly; scores change with the next order. */
const MAX_AGE_S = 10;

/**
 * Ten rows of one statement cost as much as one call. A page of a thousand customers takes 30 ms of a
 * process. At a tenth of this cost, a merchant within its quota delayed every other caller by seconds.
 */
const ROWS_OF_A_CALL = 10;
const ROWS_OF_A_PAGE = 100;
const callsOfPage = ({ pageSize }: { pageSize: number }): number =>
  (pageSize || ROWS_OF_A_PAGE) / ROWS_OF_A_CALL;

/**
 * Every rpc with its scope, its cost, its validation rules and its handler. Both servers are built from this
 * table.
 */
export const METHODS: readonly Method[] = [
  unary(core.getCustomerRFM, {
    scope: 'rfm:read',
    cost: 'score_reads',
    rules: { ...customer, ...consistencyFields },
    handler: getCustomerRfmHandler,
  }),
  unary(core.batchGetCustomerRFM, {
    scope: 'rfm:read',
    cost: 'score_reads',
    calls: ({ customerIds }) => customerIds.length / ROWS_OF_A_CALL,
    rules: { merchantId, customerIds: is.listOf(is.customerId, 1_000), ...consistencyFields },
    largestRequest: WITH_1000_IDS,
    handler: batchGetCustomerRfmHandler,
  }),
  unary(core.createCustomer, {
    scope: 'customers:write',
    cost: 'writes',
    rules: { merchantId, email: is.email, metadata: is.metadata, externalId: is.optional(is.externalId) },
    largestRequest: WITH_METADATA,
    handler: createCustomerHandler,
  }),
  unary(core.getCustomer, {
    scope: 'customers:read',
    cost: 'reads',
    rules: { ...customer, ...consistencyFields },
    handler: getCustomerHandler,
  }),
  unary(core.updateCustomer, {
    scope: 'customers:write',
    cost: 'writes',
    rules: {
      ...customer,
      email: is.optional(is.email),
      metadata: is.metadata,
      externalId: is.optional(is.externalId),
    },
    largestRequest: WITH_METADATA,
    handler: updateCustomerHandler,
  }),
  unary(core.findCustomerByEmail, {
    scope: 'customers:read',
    cost: 'reads',
    rules: { merchantId, email: is.email, ...consistencyFields },
    handler: findCustomerByEmailHandler,
  }),
  unary(core.listCustomers, {
    scope: 'customers:read',
    cost: 'reads',
    calls: callsOfPage,
    rules: {
      merchantId,
      filter: is.nested(CustomerFilterSchema, {
        segment: is.textOrEmpty(LONGEST_SEGMENT),
        recency: is.scoreRange,
        frequency: is.scoreRange,
        monetary: is.scoreRange,
        updatedSince: is.optional(is.instant),
      }),
      ...page,
    },
    handler: listCustomersHandler,
  }),
  stream(core.exportSegment, {
    scope: 'customers:read',
    cost: 'exports',
    rules: { merchantId, segment: is.textOrEmpty(LONGEST_SEGMENT), includeEmails: is.anything },
    handler: exportSegmentHandler,
  }),
  unary(core.getRfmDistribution, {
    scope: 'rfm:read',
    cost: 'exports',
    rules: { merchantId, ...consistencyFields },
    // The reply contains only counts. A strong read asks for the state of this moment.
    maxAge: ({ consistency }) => (consistency === Consistency.STRONG ? 0 : MAX_AGE_S),
    handler: getRfmDistributionHandler,
  }),
  unary(core.getProgramSettings, {
    scope: 'settings:write',
    cost: 'reads',
    rules: { merchantId },
    handler: getProgramSettingsHandler,
  }),
  unary(core.updateProgramSettings, {
    scope: 'settings:write',
    cost: 'writes',
    rules: { merchantId, rfmThresholds: is.thresholds, etag: is.etag },
    largestRequest: WITH_THRESHOLDS,
    handler: updateProgramSettingsHandler,
  }),
  unary(core.previewProgramSettings, {
    scope: 'settings:write',
    cost: 'exports',
    rules: { merchantId, rfmThresholds: is.thresholds, ...consistencyFields },
    largestRequest: WITH_THRESHOLDS,
    handler: previewProgramSettingsHandler,
  }),
  unary(imports.connectShop, {
    scope: 'imports:write',
    cost: 'writes',
    rules: {
      merchantId,
      shop: is.shop,
      accessToken: is.secret,
      refreshToken: is.optional(is.secret),
      expiresAt: is.optional(is.instant),
    },
    largestRequest: WITH_TOKENS,
    handler: connectShopHandler,
  }),
  unary(imports.startCustomerImport, {
    scope: 'imports:write',
    cost: 'writes',
    rules: {
      merchantId,
      shop: is.shop,
      source: is.known(ImportSourceSchema),
      mode: is.known(ImportModeSchema),
    },
    handler: startCustomerImportHandler,
  }),
  unary(imports.getCustomerImport, {
    scope: 'imports:write',
    cost: 'reads',
    rules: customerImport,
    handler: getCustomerImportHandler,
  }),
  stream(imports.watchCustomerImport, {
    scope: 'imports:write',
    cost: 'reads',
    rules: customerImport,
    handler: watchCustomerImportHandler,
  }),
  unary(imports.cancelCustomerImport, {
    scope: 'imports:write',
    cost: 'writes',
    rules: customerImport,
    handler: cancelCustomerImportHandler,
  }),
  unary(imports.resumeCustomerImport, {
    scope: 'imports:write',
    cost: 'writes',
    rules: customerImport,
    handler: resumeCustomerImportHandler,
  }),
  unary(imports.listCustomerImports, {
    scope: 'imports:write',
    cost: 'reads',
    calls: callsOfPage,
    rules: { merchantId, ...page },
    handler: listCustomerImportsHandler,
  }),
  unary(imports.listCustomerImportErrors, {
    scope: 'imports:write',
    cost: 'reads',
    calls: callsOfPage,
    rules: { ...customerImport, ...page, reason: is.rowReason },
    handler: listCustomerImportErrorsHandler,
  }),
  unary(imports.setImportSchedule, {
    scope: 'imports:write',
    cost: 'writes',
    rules: {
      merchantId,
      shop: is.shop,
      cron: is.cron,
      timeZone: is.timeZone,
      mode: is.known(ImportModeSchema),
      enabled: is.anything,
    },
    handler: setImportScheduleHandler,
  }),
  unary(imports.listImportSchedules, {
    scope: 'imports:write',
    cost: 'reads',
    rules: { merchantId },
    handler: listImportSchedulesHandler,
  }),
  unary(imports.deleteImportSchedule, {
    scope: 'imports:write',
    cost: 'writes',
    rules: { merchantId, shop: is.shop },
    handler: deleteImportScheduleHandler,
  }),
  unary(imports.moveShopConnection, {
    scope: 'imports:write',
    cost: 'writes',
    rules: { merchantId, shop: is.shop, newShop: is.shop },
    handler: moveShopConnectionHandler,
  }),
  unary(shops.createInstallLink, {
    scope: 'imports:write',
    cost: 'writes',
    rules: { merchantId, shop: is.shop },
    handler: createInstallLinkHandler,
  }),
  unary(shops.listShops, {
    scope: 'imports:write',
    cost: 'reads',
    rules: { merchantId },
    handler: listShopsHandler,
  }),
  unary(shops.getShop, {
    scope: 'imports:write',
    cost: 'reads',
    rules: { merchantId, shop: is.shop },
    handler: getShopHandler,
  }),
  unary(shops.getSession, {
    scope: 'imports:write',
    cost: 'reads',
    rules: { merchantId: is.merchantIdOrEmpty },
    handler: getSessionHandler,
  }),
  unary(shops.moveShop, {
    scope: 'imports:write',
    cost: 'writes',
    rules: { merchantId, shop: is.shop, newShop: is.shop },
    handler: moveShopHandler,
  }),
  unary(shops.setSegmentSync, {
    scope: 'imports:write',
    cost: 'writes',
    rules: { merchantId, shop: is.shop, enabled: is.anything },
    handler: setSegmentSyncHandler,
  }),
  unary(shops.disconnectShop, {
    scope: 'imports:write',
    cost: 'writes',
    rules: { merchantId, shop: is.shop },
    handler: disconnectShopHandler,
  }),
  unary(privacy.getPrivacyRequest, {
    scope: 'privacy:admin',
    cost: 'reads',
    rules: { merchantId, requestId: is.text(LONGEST_ID) },
    handler: getPrivacyRequestHandler,
  }),
  unary(privacy.getErasureReceipt, {
    scope: 'privacy:admin',
    cost: 'reads',
    rules: { merchantId, requestId: is.text(LONGEST_ID) },
    handler: getErasureReceiptHandler,
  }),
  unary(privacy.exportCustomerData, {
    scope: 'privacy:admin',
    cost: 'exports',
    rules: { merchantId, customerId: is.customerIdOrEmpty, requestId: is.textOrEmpty(LONGEST_ID) },
    handler: exportCustomerDataHandler,
  }),
  unary(privacy.listAuditLog, {
    scope: 'privacy:admin',
    cost: 'reads',
    calls: callsOfPage,
    rules: {
      merchantId,
      customerId: is.optional(is.customerId),
      actor: is.textOrEmpty(LONGEST_ID),
      action: is.textOrEmpty(LONGEST_ID),
      occurredFrom: is.optional(is.instant),
      occurredBefore: is.optional(is.instant),
      ...page,
    },
    handler: listAuditLogHandler,
  }),
  unary(privacy.listPrivacyRequests, {
    scope: 'privacy:admin',
    cost: 'reads',
    calls: callsOfPage,
    rules: { merchantId, openOnly: is.anything, kind: is.known(PrivacyRequestKindSchema), ...page },
    handler: listPrivacyRequestsHandler,
  }),
  unary(privacy.cancelPrivacyRequest, {
    scope: 'privacy:admin',
    cost: 'writes',
    rules: { merchantId, requestId: is.text(LONGEST_ID) },
    handler: cancelPrivacyRequestHandler,
  }),
  unary(privacy.requestErasure, {
    scope: 'privacy:admin',
    cost: 'writes',
    rules: {
      merchantId,
      requestId: is.text(LONGEST_ID),
      customerId: is.optional(is.customerId),
      externalId: is.optional(is.externalId),
    },
    handler: requestErasureHandler,
  }),
  unary(privacy.getAuditSeal, {
    scope: 'privacy:admin',
    cost: 'reads',
    rules: { merchantId },
    handler: getAuditSealHandler,
  }),
];
