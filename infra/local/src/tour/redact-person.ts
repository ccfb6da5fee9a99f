import { randomUUID } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import { CoreService, eventHeaders, Topic } from '@core/contracts';
import { waitUntil } from '@core/testing';
import { queryDatabase, type TourContext } from './context.ts';

/** Plays AdminCore: asks for one person's erasure through Kafka and shows that nothing answers any more. */
export async function redactPerson({
  kafka,
  rpc,
  merchantId,
  runId,
  stack,
  tell,
}: TourContext): Promise<void> {
  const [person] = await queryDatabase<{ id: string }>(
    stack.env.CORE_DB_URL,
    `select id from customers where merchant_id = $1 and erased_at is null and external_id is not null
      order by id desc limit 1`,
    [merchantId],
  );
  if (!person) throw new Error('there is nobody left to erase; start with -- --fresh');
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
    const [row] = await queryDatabase<{ receipt: { removed: { customers: string[] }; tombstones: number } }>(
      stack.env.CORE_DB_URL,
      'select receipt from privacy_requests where merchant_id = $1 and request_id = $2',
      [merchantId, requestId],
    );
    return row?.receipt;
  };
  const receipt = await waitUntil(readReceipt, { what: 'the erasure receipt' });
  tell(
    `erased ${receipt.removed.customers.join(', ')}; ${receipt.tombstones} tombstones keep imports from bringing them back`,
  );
  const isGone = async () => {
    const answer = await rpc
      .unary(CoreService.method.getCustomer, { merchantId, customerId })
      .catch((error) => error);
    return (answer as { code?: number }).code === grpc.status.NOT_FOUND;
  };
  await waitUntil(isGone, { what: 'NOT_FOUND for the erased person' });
  tell('GetCustomer answers NOT_FOUND');
}
