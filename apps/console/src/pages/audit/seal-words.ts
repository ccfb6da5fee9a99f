import type { GetAuditSealResponse } from '@core/contracts/web';
import type { Formats } from '../../format/formats.ts';
import type { PageTexts } from '../../texts/use-page-texts.ts';

interface SealWords {
  tone: 'ok' | 'info' | 'warn' | 'bad';
  state: string;
  sentence: string;
}

/** Says what the newest seal covers, and whether it holds. */
export function sealWordsOf(
  { seal, unsealedEntries }: Pick<GetAuditSealResponse, 'seal' | 'unsealedEntries'>,
  { audit: { seal: words } }: PageTexts,
  formats: Formats,
): SealWords {
  if (!seal) return { tone: 'warn', state: words.state.none, sentence: words.none };
  const number = formats.number(seal.number);
  if (!seal.holds) return { tone: 'bad', state: words.state.broken, sentence: words.broken(number) };
  const date = seal.sealedAt ? formats.dateTime(seal.sealedAt) : '';
  if (unsealedEntries === 0) {
    return { tone: 'ok', state: words.state.whole, sentence: words.whole(date, number) };
  }
  const count = words.entries(unsealedEntries, formats.number(unsealedEntries));
  return { tone: 'info', state: words.state.open, sentence: words.open(date, number, count) };
}
