import { timestampDate } from '@bufbuild/protobuf/wkt';
import { useQuery } from '@connectrpc/connect-query';
import { CoreService } from '@core/contracts/web';
import { Link } from '@tanstack/react-router';
import { useNow } from '../../format/use-now.ts';
import { useFormats, useTexts } from '../../reader.ts';
import { useSession } from '../../session/session.ts';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import '../../imports/counts.css';

/** The api counts every customer for this answer, so a person who moves between pages gets the earlier one. */
const FRESH_MS = 5 * 60_000;

/** How many customers there are, how many of them have a score, and how fresh the scores are. */
export function ScoresCard() {
  const { overview: words } = useTexts();
  const formats = useFormats();
  const { merchantId } = useSession();
  const now = useNow();
  const { data, error, refetch } = useQuery(
    CoreService.method.getRfmDistribution,
    { merchantId },
    { staleTime: FRESH_MS },
  );
  const newest = data?.newestAsOf;
  return (
    <Card title={words.customers} aside={<Link to="/segments">{words.segments}</Link>}>
      {!data &&
        (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton lines={2} />)}
      {data && (
        <dl className="figures">
          <div>
            <dt>{words.count}</dt>
            <dd>{formats.number(data.customers)}</dd>
          </div>
          <div>
            <dt>{words.scored}</dt>
            <dd>{formats.number(data.scored)}</dd>
          </div>
          <div>
            <dt>{words.newest}</dt>
            <dd>
              {newest ? (
                <time dateTime={timestampDate(newest).toISOString()} title={formats.dateTime(newest)}>
                  {formats.ago(newest, now)}
                </time>
              ) : (
                words.noScore
              )}
            </dd>
          </div>
        </dl>
      )}
      {data && data.scored === 0n && <p className="muted small">{words.noScoreText}</p>}
    </Card>
  );
}
