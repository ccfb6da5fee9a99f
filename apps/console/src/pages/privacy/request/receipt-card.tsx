import { useQuery } from '@connectrpc/connect-query';
import { PrivacyService, type ErasedPlace } from '@core/contracts/web';
import { useFormats } from '../../../reader.ts';
import { usePageTexts } from '../../../texts/use-page-texts.ts';
import { useSession } from '../../../session/session.ts';
import { Card } from '../../../ui/card.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';

/** What was removed, place by place. It names no person. */
export function ReceiptCard({ requestId }: { requestId: string }) {
  const { privacy } = usePageTexts();
  const formats = useFormats();
  const { merchantId } = useSession();
  const { data, error, refetch } = useQuery(PrivacyService.method.getErasureReceipt, {
    merchantId,
    requestId,
  });
  const places = data?.receipt?.places;
  const removed = places?.filter(({ found }) => found > 0n) ?? [];
  const kept = places?.filter(({ found }) => found === 0n) ?? [];
  return (
    <Card title={privacy.receipt}>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!places && !error && <Skeleton lines={6} />}
      {places && (
        <p>
          {privacy.receiptText(removed.length, formats.number(removed.length), formats.number(places.length))}
        </p>
      )}
      <Places title={privacy.removed} places={removed} />
      <Places title={privacy.kept} places={kept} />
    </Card>
  );
}

function Places({ title, places }: { title: string; places: readonly ErasedPlace[] }) {
  const { privacy } = usePageTexts();
  const formats = useFormats();
  if (places.length === 0) return null;
  return (
    <section>
      <h3 className="receipt-title">{title}</h3>
      <ul className="list">
        {places.map(({ place, found, removed, remark }) => (
          <li key={place} className="receipt-place">
            <span className="receipt-name">{privacy.places[place] ?? place}</span>
            <span className="receipt-rest">
              {found > 0n && (
                <>
                  {privacy.rows(found, formats.number(found))}
                  {removed.length > 0 && `: ${removed.map((name) => privacy.data[name] ?? name).join(', ')}`}
                </>
              )}
              {(remark || found === 0n) && <span className="muted small"> {remark || privacy.nothing}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
