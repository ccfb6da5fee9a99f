import { CODINGS, type Coding } from './read-console.ts';

/**
 * Chooses the smallest coding that a request accepts. Accept-Encoding has weights, and 0 refuses a coding:
 * RFC 9110, 12.5.3.
 */
export function acceptCoding(
  header: string | undefined,
  has: (coding: Coding) => boolean,
): Coding | undefined {
  const accepted = new Map(
    (header ?? '').split(',', MOST_CODINGS).map((part) => {
      const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
      return [name, !parameters.some((parameter) => /^q=0(?:\.0{0,3})?$/.test(parameter))] as const;
    }),
  );
  const accepts = (coding: Coding) => accepted.get(coding) ?? accepted.get('*') ?? false;
  return CODINGS.map(([coding]) => coding).find((coding) => has(coding) && accepts(coding));
}

/** Browsers name four. */
const MOST_CODINGS = 20;
