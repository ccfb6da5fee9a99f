import { domainToASCII, domainToUnicode } from 'node:url';
import { isLonger, isVisible, LONGEST_EMAIL } from '@core/contracts';

const EMAIL = /^[^@\s]+@[^@\s]+$/u;

/**
 * The only rule for what counts as an email, used at every entry point: one @ with visible text on both
 * sides, and at most 320 characters. The length is counted with the space around it, and again after NFKC.
 * The email is checked as written and in its normalized form, because normalizing can turn another character
 * into an @, or one character into three.
 * @returns the email as it is stored, without space around it; null when it is not an email
 */
export function parseEmail(given: string): string | null {
  if (isTooLong(given)) return null;
  const written = given.trim();
  if (isTooLong(written.normalize('NFKC'))) return null;
  return isEmail(written) && isEmail(normalizeEmail(written)) ? written : null;
}

const isTooLong = (text: string): boolean => isLonger(text, LONGEST_EMAIL);

const isEmail = (text: string): boolean => EMAIL.test(text) && isVisible(text);

/**
 * Returns the form in which emails are compared. This form is hashed, and never stored. It applies NFKC,
 * trimming and case folding of one letter to one letter. The domain becomes ASCII, so that its Unicode form
 * and its punycode are one address. Rejected: full case folding. It makes ß and ss equal, which are two
 * mailboxes, and two domains.
 */
export function normalizeEmail(email: string): string {
  const { local, domain } = split(isAscii(email) ? email.trim().toLowerCase() : fold(email));
  // Skips punycode for a text too long to be an email: its cost grows with the square of the length.
  const host = domain !== undefined && !isTooLong(email) ? asciiDomain(domain) : domain;
  return host === undefined ? local : `${local}@${host}`;
}

/**
 * Returns the forms that earlier builds hashed for this email: in lower case, which keeps a final sigma, and
 * with the domain as it was written. Empty for an ASCII email without punycode: its form has never changed.
 */
export function earlierEmailForms(email: string): string[] {
  const present = normalizeEmail(email);
  if (isTooLong(email) || (isAscii(email) && !isPunycode(present))) return [];
  const { local, domain } = split(present);
  const forms = spellings(local).flatMap((name) =>
    domain === undefined ? [name] : [domain, ...earlierDomains(domain)].map((host) => `${name}@${host}`),
  );
  const asWritten = email.normalize('NFKC').trim().toLowerCase();
  return [...new Set([asWritten, ...forms])].filter((form) => form !== present);
}

const earlierDomains = (ascii: string): string[] =>
  spellings(domainToUnicode(ascii))
    .flatMap((host) => [host, domainToASCII(host)])
    .filter((host) => host !== '');

/**
 * Returns up to three spellings of the text: with its sigmas as folded, as toLowerCase() writes them, and
 * final at the end of each word.
 */
const spellings = (folded: string): string[] => [
  ...new Set([folded, folded.replaceAll('σ', 'Σ').toLowerCase(), folded.replace(/σ(?!\p{L})/gu, 'ς')]),
];

// eslint-disable-next-line no-control-regex -- all of ASCII
const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);

const isPunycode = (text: string): boolean => text.includes('xn--');

/**
 * The final sigma and letters of old Cyrillic. toLowerCase() keeps them; case folding maps each to another
 * small letter.
 */
const OTHER_SMALL_LETTERS = /[\u03c2\u1c80-\u1c88]/g;

/** Normalizes again at the end: toLowerCase() can leave a letter and its accent separate (J̌ becomes ǰ). */
const fold = (text: string): string =>
  text
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(OTHER_SMALL_LETTERS, (letter) => letter.toUpperCase().toLowerCase())
    .normalize('NFKC');

function split(email: string): { local: string; domain?: string } {
  const at = email.lastIndexOf('@');
  return at < 0 ? { local: email } : { local: email.slice(0, at), domain: email.slice(at + 1) };
}

const HOST = /^[a-z0-9._\-\u0080-\u{10ffff}]+$/u;

/**
 * Leaves an ASCII domain without punycode unchanged, and also a text that is not a host. domainToASCII parses
 * the host of a URL: it reads 1.2 as the address 1.0.0.2 and ends the host at a slash. Punycode is decoded
 * before it is folded, because it may contain a final sigma.
 */
function asciiDomain(domain: string): string {
  if ((isAscii(domain) && !isPunycode(domain)) || !HOST.test(domain)) return domain;
  return domainToASCII(fold(domainToUnicode(domain))) || domain;
}
