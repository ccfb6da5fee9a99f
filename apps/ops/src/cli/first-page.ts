import type { PageTokens } from '@core/domain';

/** For commands that read the first page of a list alone, as long as they are asked to: they need no place to go on from. */
export const FIRST_PAGE: PageTokens = { make: () => '', read: () => null };
