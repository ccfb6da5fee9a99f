import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import type { Shop } from '@core/contracts/web';
import { useShopClock } from '../../../format/use-shop-clock.ts';
import { usePageTexts } from '../../../texts/use-page-texts.ts';

/** The next imports of a schedule, as the api computes them: by the function that starts them. */
export function NextFirings({ shop, times }: { shop: Shop; times: readonly Timestamp[] }) {
  const { schedules: words } = usePageTexts();
  const { formats, known } = useShopClock(shop);
  if (times.length === 0) return null;
  return (
    <div className="schedule-next">
      <p className="muted small">{words.next}</p>
      <ol className="list">
        {times.map((at) => (
          <li key={String(at.seconds)}>
            <time dateTime={timestampDate(at).toISOString()}>{formats.dayTime(at)}</time>
          </li>
        ))}
      </ol>
      <p className="muted small">{(known ? words.shownIn : words.zoneUnknown)(formats.timeZone)}</p>
    </div>
  );
}
