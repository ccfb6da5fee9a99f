import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { refusedField } from '../../transport/explain-error.ts';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { MovesTable } from './moves-table.tsx';
import type { Preview } from './use-preview.ts';

/** What the draft would change, before it is saved. */
export function PreviewCard({ preview: { data, error, counting, retry } }: { preview: Preview }) {
  const { thresholds: words } = usePageTexts();
  const formats = useFormats();
  const problem = refusedField(error);
  return (
    <Card
      title={words.preview}
      aside={
        <span role="status" className="muted small">
          {counting && data ? words.counting : ''}
        </span>
      }
    >
      {problem ? (
        <p>{words.correct}</p>
      ) : error ? (
        <ErrorState error={error} onRetry={retry} />
      ) : data ? (
        <div className="preview" aria-busy={counting}>
          <MovesTable preview={data} />
          {data.unscored > 0n && (
            <p className="muted">{words.unscored(data.unscored, formats.number(data.unscored))}</p>
          )}
          {data.scoringDiffers && <p className="thresholds-note">{words.scoringDiffers}</p>}
          <p className="muted small">{words.when}</p>
        </div>
      ) : (
        <Skeleton lines={4} />
      )}
    </Card>
  );
}
