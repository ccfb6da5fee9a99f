import type { PrivacyRequest } from '@core/contracts/web';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Badge } from '../../ui/badge.tsx';
import { stateOf, TONES } from './request-state.ts';

export function RequestBadge({ request, now }: { request: PrivacyRequest; now: number }) {
  const { privacy } = usePageTexts();
  const state = stateOf(request, now);
  return <Badge tone={TONES[state]}>{privacy.state[state]}</Badge>;
}
