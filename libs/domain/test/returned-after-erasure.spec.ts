// tag: compliance
import { randomUUID } from 'node:crypto';
import type { ExternalId, MerchantId } from '@core/contracts';
import { gid } from '@core/testing';
import { createCustomer, redactCustomer, updateCustomer } from '../src/index.ts';
import { newEmail, newNumber, newShop, openPrivacy, type PrivacyWorld } from './privacy-support.ts';

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

const create = async (merchantId: MerchantId, email: string, externalId?: ExternalId) =>
  (await world.as('api', (tx, ctx) => createCustomer(tx, ctx, { merchantId, email, externalId }), merchantId))
    .customerId;

describe('a name that was erased and is used again', () => {
  const update = (input: Parameters<typeof updateCustomer>[2]) =>
    world.as('api', (tx, ctx) => updateCustomer(tx, ctx, input), input.merchantId);
  const lastAudit = async (merchantId: MerchantId) =>
    (await world.rows<{ id: string; detail: object }>('audit_log', merchantId))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .at(-1)!.detail;
  const RETURNED = { returned_after_erasure: true };
  /** A merchant, and the names of a person who was erased there. */
  const erased = async () => {
    const { merchantId } = newShop();
    const [email, externalId] = [newEmail(), gid(newNumber())];
    await create(merchantId, email, externalId);
    await world.as('worker', (tx, ctx) =>
      redactCustomer(tx, ctx, { merchantId, requestId: randomUUID(), externalId }),
    );
    return { merchantId, email, externalId };
  };

  it.each<[string, { email?: true; externalId?: true }, boolean]>([
    ['its email', { email: true }, true],
    ['its external id', { externalId: true }, true],
    ['both', { email: true, externalId: true }, true],
    ['neither', {}, false],
  ])('is audited for a new customer with %s', async (_which, which, noted) => {
    const { merchantId, email, externalId } = await erased();
    await create(
      merchantId,
      which.email ? email : newEmail(),
      which.externalId ? externalId : gid(newNumber()),
    );
    const detail = await lastAudit(merchantId);
    if (noted) expect(detail).toMatchObject(RETURNED);
    else expect(detail).not.toHaveProperty('returned_after_erasure');
  });

  it('is audited where CreateCustomer attaches the external id', async () => {
    const { merchantId, externalId } = await erased();
    const email = newEmail();
    await create(merchantId, email);
    await create(merchantId, email, externalId);
    expect(await lastAudit(merchantId)).toMatchObject({ ...RETURNED, changed_fields: ['external_id'] });
  });

  it('is audited where UpdateCustomer sets it, and not again', async () => {
    const { merchantId, email, externalId } = await erased();
    const customerId = await create(merchantId, newEmail());
    await update({ merchantId, customerId, email });
    expect(await lastAudit(merchantId)).toMatchObject({ ...RETURNED, changed_fields: ['email'] });
    await update({ merchantId, customerId, externalId });
    expect(await lastAudit(merchantId)).toMatchObject({ ...RETURNED, changed_fields: ['external_id'] });
    await update({ merchantId, customerId, email, externalId, metadata: { a: 1 } });
    expect(await lastAudit(merchantId)).not.toHaveProperty('returned_after_erasure');
    await update({ merchantId, customerId, email: newEmail() });
    expect(await lastAudit(merchantId)).not.toHaveProperty('returned_after_erasure');
  });
});
