/**
 * Returns the text if it is a language that Intl knows the form of. A browser may name another, such as
 * en-US@posix, which every format would refuse.
 */
export function localeIn(text: string): string | undefined {
  try {
    return text === '' ? undefined : Intl.getCanonicalLocales(text)[0];
  } catch {
    return undefined;
  }
}
