import { useQuery } from '@connectrpc/connect-query';
import { PrivacyService } from '@core/contracts/web';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { sealWordsOf } from './seal-words.ts';

const REFRESH_MS = 30_000;

/** Whether a later change of the log would show, and what this page does not check. */
export function SealCard() {
  const texts = usePageTexts();
  const formats = useFormats();
  const { merchantId } = useSession();
  const { data, error, refetch } = useQuery(
    PrivacyService.method.getAuditSeal,
    { merchantId },
    { refetchInterval: REFRESH_MS },
  );
  const words = data && sealWordsOf(data, texts, formats);
  const badge = words && <Badge tone={words.tone satisfies Tone}>{words.state}</Badge>;
  return (
    <Card title={texts.audit.seal.title} aside={badge}>
      {words && <p>{words.sentence}</p>}
      {data?.seal && <p className="muted small">{texts.audit.seal.checked}</p>}
      {!data && !error && <Skeleton lines={1} />}
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
    </Card>
  );
}
