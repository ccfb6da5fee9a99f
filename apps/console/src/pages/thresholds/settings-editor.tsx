import { usePageTexts } from '../../texts/use-page-texts.ts';
import { refusedField } from '../../transport/explain-error.ts';
import { ConflictCard } from './conflict-card.tsx';
import { CutPointsCard } from './cut-points-card.tsx';
import { LeaveGuard } from './leave-guard.tsx';
import { PreviewCard } from './preview-card.tsx';
import { ProblemContext } from './problem.tsx';
import { SaveBar } from './save-bar.tsx';
import { SegmentsCard } from './segments-card.tsx';
import { useEditor, type LoadedSettings } from './use-editor.ts';
import { usePreview } from './use-preview.ts';
import './thresholds-page.css';

interface SettingsEditorProps {
  loaded: LoadedSettings;
  reload: () => void;
}

export function SettingsEditor({ loaded, reload }: SettingsEditorProps) {
  const { thresholds: words } = usePageTexts();
  const editor = useEditor(loaded, reload);
  const { draft, edit } = editor;
  const preview = usePreview(draft, editor.token);
  const problem = refusedField(editor.error ?? preview.error);
  return (
    <ProblemContext value={problem}>
      {editor.base.version === 0 && loaded.version === 0 && (
        <p className="thresholds-note">{words.defaults}</p>
      )}
      {editor.conflict && (
        <ConflictCard
          mine={draft}
          theirs={loaded.thresholds}
          saving={editor.saving}
          onLoad={editor.adopt}
          onSave={() => editor.save(loaded)}
        />
      )}
      <SegmentsCard draft={draft} onChange={edit} />
      <PreviewCard preview={preview} />
      <CutPointsCard draft={draft} onChange={edit} />
      <SaveBar editor={editor} preview={preview} />
      <LeaveGuard changed={editor.changed} />
    </ProblemContext>
  );
}
