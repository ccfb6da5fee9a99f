import { shopifyNumber } from '@core/contracts';
import { decryptReadableEmails, type EncryptedEmail } from '../customers/index.ts';
import type { ExportStep } from './held-place.ts';
import { findHeldWebhooks } from './held-webhooks.ts';
import {
  COUNT_AUDIT_LOG,
  READ_AUDIT_LOG,
  READ_IMPORT_ERRORS,
  READ_IMPORT_IDS,
  READ_PARKED_EVENTS,
  READ_PRIVACY_REQUESTS,
} from './personal-rows.ts';

// Export steps of personal-data.ts: the data that an export contains about a person, place by place.

export const exportCustomers: ExportStep = async (tx, ctx, { merchantId, customers }) => {
  const encrypted = customers.filter(
    (customer): customer is typeof customer & EncryptedEmail => customer.email !== null,
  );
  const emails = await decryptReadableEmails(tx, ctx, merchantId, encrypted);
  return {
    rows: customers.map((customer) => ({ ...customer, email: emails.get(customer.id) ?? null })),
    leftOut: [{ count: encrypted.length - emails.size, reason: 'email_does_not_open' }],
  };
};

export const exportImportErrors: ExportStep = async (tx, _, { merchantId, externalIds }) => ({
  rows: await tx.run(READ_IMPORT_ERRORS, { merchantId, externalIds: [...externalIds] }),
});

export const exportImportIds: ExportStep = async (tx, _, { merchantId, externalIds }) => ({
  rows: await tx.run(READ_IMPORT_IDS, {
    merchantId,
    numbers: [...externalIds].flatMap((id) => shopifyNumber(id) ?? []),
  }),
});

export const exportParkedEvents: ExportStep = async (tx, _, { merchantId, customerIds }) => ({
  rows: await tx.run(READ_PARKED_EVENTS, { merchantId, customerIds }),
});

export const exportWebhooks: ExportStep = async (tx, ctx, { merchantId, ...names }) => {
  const keys = await ctx.keys.find(tx, merchantId);
  if (!keys) return { rows: [] };
  const { webhooks, unreadable, undetermined } = await findHeldWebhooks(tx, ctx, keys, merchantId, names);
  return {
    rows: webhooks.map(({ topic, receivedAt, decrypted }) => ({
      topic,
      received_at: receivedAt,
      body: decrypted.toString('utf8'),
    })),
    leftOut: [
      { count: unreadable, reason: 'body_does_not_open' },
      { count: undetermined, reason: 'body_is_no_json' },
    ],
  };
};

export const exportPrivacyRequests: ExportStep = async (tx, _, { merchantId, customerIds }) => ({
  rows: await tx.run(READ_PRIVACY_REQUESTS, { merchantId, customerIds }),
});

export const exportAuditLog: ExportStep = async (tx, _, { merchantId, customerIds }) => {
  const rows = await tx.run(READ_AUDIT_LOG, { merchantId, customerIds });
  const [all] = await tx.run(COUNT_AUDIT_LOG, { merchantId, customerIds });
  return { rows, leftOut: [{ count: (all?.n ?? 0) - rows.length, reason: 'too_many' }] };
};
