import { useQuery } from '@connectrpc/connect-query';
import { ImportService } from '@core/contracts/web';
import { usePageTexts } from '../../../texts/use-page-texts.ts';
import { useSession } from '../../../session/session.ts';
import { isConnected } from '../../../shops/connected.ts';
import { Card } from '../../../ui/card.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { ScheduleRow } from './schedule-row.tsx';
import './schedules-card.css';

/** The schedule of each connected shop, with its next imports. A shop without one is listed as well. */
export function SchedulesCard() {
  const { schedules: words } = usePageTexts();
  const { merchantId, shops, shop: boundTo } = useSession();
  const connected = shops.filter(isConnected);
  const { data, error, refetch } = useQuery(
    ImportService.method.listImportSchedules,
    { merchantId },
    { enabled: connected.length > 0 },
  );
  if (connected.length === 0) return null;
  return (
    <Card title={words.title}>
      <p className="muted">{words.text}</p>
      {data && (
        <ul className="list schedules">
          {connected.map((shop) => (
            <ScheduleRow
              key={shop.shop}
              shop={shop}
              schedule={data.schedules.find((each) => each.shop === shop.shop)}
              mayChange={boundTo === '' || boundTo === shop.shop}
            />
          ))}
        </ul>
      )}
      {!data && !error && <Skeleton lines={3} />}
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
    </Card>
  );
}
