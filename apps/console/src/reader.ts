import { createContext, use } from 'react';
import { createFormats, type Formats } from './format/formats.ts';
import { english, type Texts } from './texts/english.ts';

/** The texts and formats of the person who reads the page. */
export interface Reader {
  texts: Texts;
  formats: Formats;
}

export const ReaderContext = createContext<Reader>({
  texts: english,
  formats: createFormats({ locale: 'en', timeZone: 'UTC' }),
});

export const useTexts = (): Texts => use(ReaderContext).texts;
export const useFormats = (): Formats => use(ReaderContext).formats;
