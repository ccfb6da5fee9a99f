import type { PrivacyRequest } from '@core/contracts/web';
import type { ReactNode } from 'react';
import { useFormats } from '../../../reader.ts';
import { usePageTexts } from '../../../texts/use-page-texts.ts';
import { Card } from '../../../ui/card.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Deadline } from '../deadline.tsx';

/** The ids and times of a request. */
export function RequestFacts({ request, now }: { request: PrivacyRequest; now: number }) {
  const { privacy } = usePageTexts();
  const formats = useFormats();
  const { fact } = privacy;
  const { receivedAt, dueAt, notBefore, completedAt, cancelledAt } = request;
  const facts: [string, ReactNode][] = [
    [fact.request, <code key="id">{request.requestId}</code>],
    [fact.customer, request.customerId && <code key="id">{request.customerId}</code>],
    [fact.shop, request.shop],
    [fact.received, receivedAt && formats.dateTime(receivedAt)],
    [
      fact.due,
      dueAt && (
        <>
          {formats.dateTime(dueAt)} <Deadline request={request} now={now} />
        </>
      ),
    ],
    [fact.starts, notBefore && formats.dateTime(notBefore)],
    [fact.completed, completedAt && formats.dateTime(completedAt)],
    [fact.cancelled, cancelledAt && formats.dateTime(cancelledAt)],
  ];
  return (
    <Card title={privacy.facts}>
      <Facts facts={facts} />
    </Card>
  );
}
