import { useEffect, useRef } from 'react';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { refusedField } from '../../transport/explain-error.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import type { useEditor } from './use-editor.ts';

/** Stays in view while a person edits: whether something is unsaved, and how to save it. */
export function SaveBar({ editor }: { editor: ReturnType<typeof useEditor> }) {
  const { thresholds: words } = usePageTexts();
  const { changed, saved, saving, error, conflict, base } = editor;
  const problem = refusedField(error);
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
