export { readStoredToken, tokenContext, type ShopConnection, type StoredToken } from './access-token.ts';
export { advanceRun } from './advance-run.ts';
export { isResumable } from './is-resumable.ts';
export { cancelImport, wrongStatus, statusOf, type ImportRef } from './cancel-import.ts';
export { claimPage, type ClaimedPage } from './claim-page.ts';
export { claimSlices } from './claim-slices.ts';
export { commitPage, countersOf, type CommitPage, type SliceCounters } from './commit-page.ts';
export { failRun, finishCancels, type CancelledRun } from './end-run.ts';
export { listImportErrors, readImportErrors, type ErrorsOf, type ImportError } from './import-errors.ts';
export { paceOf, type Pace } from './import-pace.ts';
export { getImport, listImports, type ImportRun } from './imports.ts';
export { storeIds } from './store-ids.ts';
export { Fenced, releaseLease, renewLease, SLICE_LEASE_MS, type PageRef } from './lease.ts';
export { noteFailure } from './note-failure.ts';
export { startPendingRuns } from './start-pending-runs.ts';
export { planRun, type RunPlan } from './plan-run.ts';
export { pruneImports } from './prune-imports.ts';
export { clearWaiting, saveCursor, setWaiting, pauseStalledRuns, type Waiting } from './report-progress.ts';
export { readMissedWithin } from './read-missed-within.ts';
export { restartSlice } from './restart-slice.ts';
export { resumeImport } from './resume-import.ts';
export { deleteImportSchedule } from './schedules/delete-import-schedule.ts';
export { lastAt, nextAt, nextFirings, type ScheduleTimes } from './schedules/firings.ts';
export {
  listImportSchedules,
  readEnabledSchedules,
  versionOfSchedules,
  type ImportSchedule,
} from './schedules/import-schedules.ts';
export { reconcileShop } from './schedules/reconcile-shop.ts';
export { runSchedule } from './schedules/run-schedule.ts';
export { checkCron, checkTimeZone } from './schedules/schedule-times.ts';
export { setImportSchedule, type SetImportSchedule } from './schedules/set-import-schedule.ts';
export { shopDomain } from './shop-domain.ts';
export { claimSegmentSyncs, type ClaimedSync } from './segments/claim-segment-syncs.ts';
export {
  beginClearing,
  deleteSegmentSync,
  deleteSegmentWrites,
  storeCleared,
} from './segments/clear-segment-sync.ts';
export { renewSync, type SyncRef } from './segments/held-sync.ts';
export type { SegmentSync } from './segments/list-segment-syncs.ts';
export {
  readSegmentPage,
  type SegmentPage,
  type SegmentRow,
  type ShopSegment,
  type WrittenSegment,
} from './segments/read-segment-page.ts';
export { failSegmentSync, releaseSegmentSync } from './segments/release-segment-sync.ts';
export { grantSegmentScope, hasSegmentScope } from './segments/segment-scope.ts';
export { setSegmentSync, type SetSegmentSync } from './segments/set-segment-sync.ts';
export {
  storeSegmentPage,
  storeSegmentsDefined,
  type SegmentOutcome,
  type StoreSegmentPage,
} from './segments/store-segment-page.ts';
export {
  addUninstall,
  lockInstallation,
  REDACTED_AFTER,
  takeRedaction,
  type RedactedGeneration,
} from './shops/app-installation.ts';
export {
  claimReconciliation,
  claimWebhookCheck,
  makeCheckDue,
  finishWebhookCheck,
  SHOP_LEASE_MS,
  type DueShop,
} from './shops/claim-due-shop.ts';
export { connectionOfWebhook, SHOP_OF_WEBHOOK } from './shops/connection-of-webhook.ts';
export {
  acquireConnectLease,
  otherRequest,
  releaseConnectLease,
  requireConnectLease,
  type ConnectLease,
} from './shops/connect-lease.ts';
export { connectShop, type ConnectShop, type ConnectWay } from './shops/connect-shop.ts';
export { connectedSince } from './shops/connected-since.ts';
export { disconnectShop } from './shops/disconnect-shop.ts';
export { endRuns } from './shops/end-runs.ts';
export { findMerchantOfShop, findShopsOfNumber } from './shops/find-merchant-of-shop.ts';
export { isConnected } from './shops/is-connected.ts';
export { isShopConnected } from './shops/is-shop-connected.ts';
export { getShop, listShops, type MerchantShop } from './shops/list-shops.ts';
export { lockShopOfMerchant } from './shops/lock-shop-of-merchant.ts';
export { moveShop, type MovedShop, type MoveShop } from './shops/move-shop.ts';
export { hasShop, type ShopEntry } from './shops/shop-directory.ts';
export { refusePendingRedaction } from './shops/refuse-pending-redaction.ts';
export { matchesShop, SHOP_OR_ALL, type ShopFilter } from './shops/shop-filter.ts';
export { listUnproven, storeProof } from './shops/store-proof.ts';
export { renewToken, type RenewedToken, type RenewTokenDeps } from './shops/renew-token.ts';
export { recordInstallLink, useInstallLink, type InstallLink } from './shops/use-install-link.ts';
export { recordUninstall, uninstallApp } from './shops/uninstall-app.ts';
export { requireConnectable } from './shops/require-connectable.ts';
export { storeCustomerAccess, type CustomerAccess } from './shops/store-customer-access.ts';
export { storeTimeZone } from './shops/store-time-zone.ts';
export { storeScopes } from './shops/store-scopes.ts';
export { rangeOfRun, readRange, type SliceRange } from './slice-range.ts';
export { isSliceOfRun } from './of-run.ts';
export { AlreadyRunning, isActive, startImport, type StartImport } from './start-import.ts';
export { storeFoundIds, readIdsToVerify } from './verify-ids.ts';
export { releaseBulkSlices } from './release-bulk-slices.ts';
export { planAccess, withholdEmails } from './withhold-emails.ts';
export { createWatchImport, hasEnded, type WatchImport } from './watch-import.ts';
