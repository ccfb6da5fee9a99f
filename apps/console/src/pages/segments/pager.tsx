import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Button } from '../../ui/button.tsx';

interface PagerProps {
  /** Counted from 1. */
  page: number;
  busy: boolean;
  /** Undefined on the first page. */
  onPrevious: (() => void) | undefined;
  /** Undefined on the last page. */
  onNext: (() => void) | undefined;
}

/** Leads through the pages of a list whose length is not known. Shows nothing for a single page. */
export function Pager({ page, busy, onPrevious, onNext }: PagerProps) {
  const { segments: words } = usePageTexts();
  const { number } = useFormats();
  if (!onPrevious && !onNext) return null;
  return (
    <div className="pager">
      <Button disabled={!onPrevious} busy={busy} onClick={onPrevious}>
        {words.previous}
      </Button>
      <span>{words.page(number(page))}</span>
      <Button disabled={!onNext} busy={busy} onClick={onNext}>
        {words.next}
      </Button>
    </div>
  );
}
