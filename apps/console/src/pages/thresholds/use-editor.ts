import { useMutation } from '@connectrpc/connect-query';
import { CoreService, type RfmThresholds } from '@core/contracts/web';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useSession } from '../../session/session.ts';
import { refusedField } from '../../transport/explain-error.ts';
import { draftOf, isSame, thresholdsOf, type Draft } from './draft.ts';

/** Settings as the api returned them. */
export interface LoadedSettings {
  thresholds: RfmThresholds;
  /** 0 while the defaults apply. */
  version: number;
  etag: string;
}

/** Holds the settings that a person edits, and the ones that they started from. */
export function useEditor(loaded: LoadedSettings, reload: () => void) {
  const { merchantId } = useSession();
  const queries = useQueryClient();
  const [base, setBase] = useState(loaded);
  const [draft, setDraft] = useState<Draft>(() => draftOf(loaded.thresholds));
  const [token, setToken] = useState('');
  const start = useMemo(() => draftOf(base.thresholds), [base]);
  const changed = !isSame(draft, start);
  const save = useMutation(CoreService.method.updateProgramSettings, {
    onSuccess({ settings, etag, consistencyToken }) {
      setToken(consistencyToken);
      if (!settings?.rfmThresholds) return;
      setBase({ thresholds: settings.rfmThresholds, version: settings.configVersion, etag });
      void queries.invalidateQueries();
    },
    onError(error) {
      if (refusedField(error)?.field === 'etag') reload();
    },
  });
  // Versions only rise, so what was loaded before the own save is never taken for a change of others.
  const isNewer = loaded.version > base.version;
  const adopt = () => {
    setBase(loaded);
    setDraft(draftOf(loaded.thresholds));
  };
  // Nothing would be lost: there are no own changes, or the other person has made the same ones.
  const agrees = isNewer && (!changed || isSame(draft, draftOf(loaded.thresholds)));
  if (agrees) adopt();
  const conflict = isNewer && !agrees;
  return {
    draft,
    base,
    /** The consistency token of the last own save; a replica may be behind it. */
    token,
    changed,
    /** Another person has saved since the edit began. */
    conflict,
    saving: save.isPending,
    saved: save.isSuccess && !changed,
    error: conflict ? undefined : (save.error ?? undefined),
    edit(next: Draft) {
      setDraft(next);
      if (!save.isPending) save.reset();
    },
    discard: () => setDraft(start),
    /** Replaces the own changes by what the other person has saved. */
    adopt() {
      adopt();
      save.reset();
    },
    /** @param over what was read last: a third person's change is a conflict again */
    save(over: LoadedSettings = base) {
      setBase(over);
      save.mutate({ merchantId, rfmThresholds: thresholdsOf(draft), etag: over.etag });
    },
  };
}
