import { useEffect, useRef } from 'react';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { refusedField } from '../../transport/explain-error.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { readMoves } from './read-moves.ts';
import type { useEditor } from './use-editor.ts';
import type { Preview } from './use-preview.ts';

interface SaveBarProps {
  editor: ReturnType<typeof useEditor>;
  preview: Preview;
}

/**
 * Stays in view while a person edits: whether something is unsaved, and how to save it. The table of moves is
 * often out of view, so its sum is here.
 */
export function SaveBar({ editor, preview }: SaveBarProps) {
  const { thresholds: words } = usePageTexts();
  const { changed, saved, saving, error, conflict, base } = editor;
  const { number } = useFormats();
  const problem = refusedField(error);
  const counted = preview.error || preview.counting ? undefined : preview.data;
  const { left } = readMoves(counted?.moves ?? []);
  const status = useRef<HTMLParagraphElement>(null);
  // The button that was pressed is disabled now, and has lost the focus.
  useEffect(() => {
    if (saved) status.current?.focus();
  }, [saved]);
  const state = changed ? words.unsaved : saved ? words.saved(base.version) : words.unchanged;
  return (
    <div className="save-bar">
      <p ref={status} role="status" tabIndex={-1} className={changed ? 'save-bar-changed' : 'muted'}>
        {state}
      </p>
      {changed && left > 0n && <p className="save-bar-moves">{words.wouldMove(left, number(left))}</p>}
      <div className="page-actions">
        {changed && <Button onClick={editor.discard}>{words.discard}</Button>}
        <Button kind="primary" busy={saving} disabled={!changed || conflict} onClick={() => editor.save()}>
          {saving ? words.saving : words.save}
        </Button>
      </div>
      {problem ? (
        <p role="alert" className="thresholds-problem">
          {words.notSaved} {problem.text}
        </p>
      ) : (
        error !== undefined && <ErrorState error={error} onRetry={() => editor.save()} />
      )}
    </div>
  );
}
