export interface Picture {
  /** Read aloud to a person who does not see it. */
  text: string;
  /** Relative to the page. */
  file: string;
}

/** Returns the pictures that a page shows. */
export const readPictures = (page: string): Picture[] =>
  [...page.matchAll(/!\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, text = '', file = '']) => ({ text, file }));
