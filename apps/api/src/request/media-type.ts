/** Media types are far shorter; a longer text is not one and is not parsed further. */
const LONGEST = 1_000;

/**
 * Returns the media type of a content-type, in lower case and without parameters; empty if none is given. RFC
 * 9110, 8.3.1 allows any case in both parts, spaces around each semicolon, and nothing after the last one.
 */
export function mediaType(contentType = ''): string {
  if (contentType.length > LONGEST) return contentType;
  const [type = ''] = contentType.split(';', 1);
  return type.trim().toLowerCase();
}

/** Matches an empty parameter, or one that only declares UTF-8, which JSON always is. */
const UTF8_OR_NOTHING = /^\s*(?:charset=(?:utf-?8|"utf-?8")\s*)?$/i;

/**
 * Returns a content-type in the one spelling that the reader of every protocol accepts. Parameters other than
 * "UTF-8" stay, for that reader to refuse.
 */
export function plainContentType(contentType: string): string {
  if (contentType.length > LONGEST) return contentType;
  const [, ...parameters] = contentType.split(';');
  return parameters.every((each) => UTF8_OR_NOTHING.test(each)) ? mediaType(contentType) : contentType;
}
