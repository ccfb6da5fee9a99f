export { auditIds } from './audit-ids.ts';
export { listAuditLog, type AuditLogEntry, type ListAuditLog } from './list-audit-log.ts';
export { readSeal, type SealState } from './read-seal.ts';
export { assertSealsBehind, sealAudit, SealsAhead, type Sealed } from './seal-audit.ts';
export {
  readOldestUnsealed,
  verifyAudit,
  type AuditVerdict,
  type BrokenSeal,
  type SealHead,
  type VerifyAudit,
} from './verify-audit.ts';
