import type { Command } from './cli/command.ts';
import { cancelShopImport } from './commands/cancel-import.ts';
import { createTopics } from './commands/create-topics.ts';
import { dropDeadLetters } from './commands/drop-dead-letters.ts';
import { exportSegmentFile } from './commands/export-segment.ts';
import { keysRetire } from './commands/keys-retire.ts';
import { keysRotate } from './commands/keys-rotate.ts';
import { keysStatus } from './commands/keys-status.ts';
import { listAudit } from './commands/list-audit.ts';
import { listDeadLetters } from './commands/list-dead-letters.ts';
import { listErrorsOfImport } from './commands/list-import-errors.ts';
import { listShopImports } from './commands/list-imports.ts';
import { migrate } from './commands/migrate.ts';
import { moveConnectedShop } from './commands/move-shop.ts';
import { privacyCancel } from './commands/privacy-cancel.ts';
import { privacyConfirm } from './commands/privacy-confirm.ts';
import { privacyList } from './commands/privacy-list.ts';
import { privacyReceipt } from './commands/privacy-receipt.ts';
import { privacyShow } from './commands/privacy-show.ts';
import { publishEvent } from './commands/publish-event.ts';
import { redriveDeadLetters } from './commands/redrive-dead-letters.ts';
import { redriveFailedWebhooks } from './commands/redrive-webhooks.ts';
import { refusedOutbox } from './commands/refused-outbox.ts';
import { releaseConnectedShop } from './commands/release-shop.ts';
import { replayOutbox } from './commands/replay-outbox.ts';
import { restorePrepare } from './commands/restore-prepare.ts';
import { restoreSave } from './commands/restore-save.ts';
import { restoreVersions } from './commands/restore-versions.ts';
import { resumeShopImport } from './commands/resume-import.ts';
import { showConsumerLag } from './commands/show-consumer-lag.ts';
import { showDeadLetters } from './commands/show-dead-letters.ts';
import { showImport } from './commands/show-import.ts';
import { showOutboxStatus } from './commands/show-outbox-status.ts';
import { startShopImport } from './commands/start-import.ts';
import { stepOverUnreadable } from './commands/step-over-unreadable.ts';
import { watchShopImport } from './commands/watch-import.ts';
import { verifyAuditLog } from './commands/verify-audit.ts';

/** Returns every command of `npm run ops`. @param migrations folder of the migration files */
export const commands = (migrations: string): Command[] => [
  migrate(migrations),
  createTopics,
  listDeadLetters,
  showDeadLetters,
  redriveDeadLetters,
  dropDeadLetters,
  publishEvent,
  stepOverUnreadable,
  showOutboxStatus,
  replayOutbox,
  refusedOutbox,
  showConsumerLag,
  redriveFailedWebhooks,
  startShopImport,
  listShopImports,
  showImport,
  listErrorsOfImport,
  watchShopImport,
  cancelShopImport,
  resumeShopImport,
  moveConnectedShop,
  releaseConnectedShop,
  exportSegmentFile,
  keysStatus,
  keysRotate,
  keysRetire,
  privacyList,
  privacyShow,
  privacyReceipt,
  privacyCancel,
  privacyConfirm,
  restoreSave,
  restorePrepare,
  restoreVersions,
  listAudit,
  verifyAuditLog,
];
