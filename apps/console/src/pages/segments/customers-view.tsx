import { useQuery } from '@connectrpc/connect-query';
import { CoreService } from '@core/contracts/web';
import { keepPreviousData } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { countOf, shareOf } from './counts.ts';
import { CustomerTable } from './customer-table.tsx';
import { DownloadSegment } from './download-segment.tsx';
import { Pager } from './pager.tsx';
import { filterOf, type Selection } from './selection.ts';
import { useDistribution } from './use-distribution.ts';
import { useMaySeeEmails } from './use-may-see-emails.ts';
import { useShare } from './use-share.ts';

const PAGE_SIZE = 25;
const FIRST_PAGE = [''] as const;

/** The customers of a selection, page by page. */
export function CustomersView({ selection }: { selection: Selection }) {
  const { segments: words } = usePageTexts();
  const { merchantId } = useSession();
  const seesEmails = useMaySeeEmails();
  /** The tokens of the pages up to the shown one. */
  const [tokens, setTokens] = useState<readonly string[]>(FIRST_PAGE);
  const { data, error, refetch, isPlaceholderData } = useQuery(
    CoreService.method.listCustomers,
    { merchantId, filter: filterOf(selection), pageSize: PAGE_SIZE, pageToken: tokens.at(-1) ?? '' },
    // For a caller with customers:pii, each read is a disclosure in the audit log: a person asks for it.
    { placeholderData: keepPreviousData, refetchOnWindowFocus: false },
  );
  const { segment, recency, frequency, monetary } = selection;
  const scores: [string, number | undefined][] = [
    [words.recency, recency],
    [words.frequency, frequency],
    [words.monetary, monetary],
  ];
  const parts = scores.flatMap(([name, score]) => (score === undefined ? [] : [`${name} ${score}`]));
  const count = useCount(selection);
  const back = (
    <Link to="/segments" search={monetary === undefined ? {} : { m: monetary }} className="page-back">
      {words.back}
    </Link>
  );
  return (
    <Page title={[segment, ...parts].filter(Boolean).join(', ')} subtitle={count.text} back={back}>
      {data?.customers.length === 0 && tokens.length === 1 ? (
        <Card title={words.empty}>
          <p className="muted">{words.emptyText}</p>
        </Card>
      ) : (
        <Card title={words.count}>
          {data && (
            <>
              <CustomerTable customers={data.customers} page={tokens.length} old={isPlaceholderData} />
              <Pager
                page={tokens.length}
                busy={isPlaceholderData && !error}
                onPrevious={tokens.length > 1 ? () => setTokens(tokens.slice(0, -1)) : undefined}
                onNext={data.nextPageToken ? () => setTokens([...tokens, data.nextPageToken]) : undefined}
              />
              <p className="muted small">{seesEmails ? words.emailsSeen : words.noEmails}</p>
            </>
          )}
          {!data && !error && <Skeleton lines={8} />}
          {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        </Card>
      )}
      {segment !== undefined && parts.length === 0 && data && data.customers.length > 0 && (
        <Card title={words.exportTitle}>
          <DownloadSegment segment={segment} customers={count.customers} label={words.export} />
        </Card>
      )}
    </Page>
  );
}

/** The number of selected customers, with their share of all; the list does not need it. */
function useCount(selection: Selection): { customers: bigint | undefined; text: string | undefined } {
  const { segments: words } = usePageTexts();
  const { number } = useFormats();
  const shareText = useShare();
  const { data } = useDistribution();
  const customers = data && countOf(selection, data);
  if (customers === undefined || customers === 0n) return { customers, text: undefined };
  const share = words.share(shareText(shareOf(customers, data?.scored ?? 0n)));
  return { customers, text: `${words.customers(customers, number(customers))}, ${share}` };
}
