import { randomUUID } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import { and, desc, eq, isNull } from 'drizzle-orm';
import { CoreService, eventHeaders, PrivacyService, Topic } from '@core/contracts';
import { build, customers, statement } from '@core/db';
import { waitUntil } from '@core/testing';
import { databaseReader, type TourContext } from './context.ts';
import type { Imported } from './import-customers.ts';
import { EXTERNAL_IDS, isOfShop } from './is-of-shop.ts';

const FIND_PERSON = statement({
  params: { merchantId: customers.merchantId, externalIds: EXTERNAL_IDS },
  row: { id: customers.id },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), isNull(customers.erasedAt), isOfShop(p.externalIds)))
      .orderBy(desc(customers.id))
      .limit(1),
});

/** Acts as AdminCore: requests the erasure of one person through Kafka, and shows that no data is left. */
export async function redactPerson(
  { kafka, rpc, merchantId, runId, stack, tell }: TourContext,
  imported: Imported,
): Promise<void> {
  // Only a customer of the shop: any other customer was created by a user of the stack.
  const database = databaseReader(stack.env.DEV_DB_URL);
  const [person] = await database.run(FIND_PERSON, { merchantId, externalIds: imported });
  if (!person) throw new Error('There is no customer left to erase. Run npm start -- --fresh.');
  const customerId = person.id;
  const eventId = randomUUID();
  const requestId = `tour-${runId}`;
  const producer = await kafka.producer();
  await producer.send([
    {
      topic: Topic.gdprRequestCreated,
      key: customerId,
      headers: { ...eventHeaders(Topic.gdprRequestCreated, eventId, new Date().toISOString()) },
      value: JSON.stringify({
        event_id: eventId,
        request_id: requestId,
        merchant_id: merchantId,
        kind: 'redact',
        customer_id: customerId,
      }),
    },
  ]);
  tell(`published ${Topic.gdprRequestCreated} ${requestId} for ${customerId}`);
  const readReceipt = async () => {
    const asked = rpc.unary(PrivacyService.method.getErasureReceipt, { merchantId, requestId });
    const notYet = (error: { code?: number }) => {
      if (error.code !== grpc.status.NOT_FOUND && error.code !== grpc.status.FAILED_PRECONDITION) throw error;
    };
    return (await asked.catch(notYet))?.receipt;
  };
  const receipt = await waitUntil(readReceipt, { what: 'the erasure receipt' });
  tell(`erasure receipt, ${receipt.places.length} places:`);
  for (const { place, found, removed, remark } of receipt.places) {
    const what = removed.length > 0 ? `removed ${removed.join(', ')}` : '';
    tell(
      `  ${place}: found ${found}${[what, remark]
        .filter(Boolean)
        .map((each) => `; ${each}`)
        .join('')}`,
    );
  }
  const isGone = async () => {
    const answer = await rpc
      .unary(CoreService.method.getCustomer, { merchantId, customerId })
      .catch((error) => error);
    return (answer as { code?: number }).code === grpc.status.NOT_FOUND;
  };
  await waitUntil(isGone, { what: 'NOT_FOUND for the erased person' });
  tell('GetCustomer returns NOT_FOUND');
}
