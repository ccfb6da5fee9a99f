import { useMemo } from 'react';
import { useTexts } from '../reader.ts';
import type { Texts } from './english.ts';
import { englishPages, type PageTexts as OfPages } from './english-pages.ts';

export type PageTexts = Texts & OfPages;

/** All texts. Only for pages that are loaded on demand: the first view must not wait for them. */
export function usePageTexts(): PageTexts {
  const texts = useTexts();
  return useMemo(() => ({ ...texts, ...englishPages }), [texts]);
}
