/** Media types are far shorter; a longer text is none, and is looked at no further. */
const LONGEST = 1_000;

/**
 * The media type of a content-type, without its parameters and in lower case: RFC 9110, 8.3.1 has both parts in any case,
 * and spaces around each semicolon, of which the last may have nothing behind it. Empty: none is given.
 */
export function mediaType(contentType = ''): string {
  if (contentType.length > LONGEST) return contentType;
  const [type = ''] = contentType.split(';', 1);
  return type.trim().toLowerCase();
}

/** A parameter that says no more than that JSON is UTF-8, or none. */
const UTF8_OR_NOTHING = /^\s*(?:charset=(?:utf-?8|"utf-?8")\s*)?$/i;

/**
 * A content-type in the one spelling that every protocol's reader takes. Parameters that say more than "UTF-8" stay, for
 * that reader to refuse.
 */
export function plainContentType(contentType: string): string {
  if (contentType.length > LONGEST) return contentType;
  const [, ...parameters] = contentType.split(';');
  return parameters.every((each) => UTF8_OR_NOTHING.test(each)) ? mediaType(contentType) : contentType;
}
