import type { PrivacyRequest } from '@core/contracts/web';
import { useTexts } from '../../reader.ts';
import { Badge } from '../../ui/badge.tsx';
import { stateOf, TONES } from './request-state.ts';

export function RequestBadge({ request, now }: { request: PrivacyRequest; now: number }) {
  const { privacy } = useTexts();
  const state = stateOf(request, now);
  return <Badge tone={TONES[state]}>{privacy.state[state]}</Badge>;
}
