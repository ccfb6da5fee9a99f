import { domainToASCII, domainToUnicode } from 'node:url';
import { isLonger, isVisible, LONGEST_EMAIL } from '@core/contracts';

const EMAIL = /^[^@\s]+@[^@\s]+$/u;

/**
 * The one rule of what an email is, for every door: one @ with visible text on both sides, at most 320 characters with
 * the space around it, and after NFKC. Checked as written and as compared, because normalising can turn another
 * character into an @, or one into three.
 * @returns the email as it is stored, without space around it; null: it is none
 */
export function parseEmail(given: string): string | null {
  if (isTooLong(given)) return null;
  const written = given.trim();
  if (isTooLong(written.normalize('NFKC'))) return null;
  return isEmail(written) && isEmail(normaliseEmail(written)) ? written : null;
}

const isTooLong = (text: string): boolean => isLonger(text, LONGEST_EMAIL);

const isEmail = (text: string): boolean => EMAIL.test(text) && isVisible(text);

/**
 * The form in which emails are compared: the one that is hashed, never the one stored. NFKC, trim, and case folding of
 * one letter to one; the domain in ASCII, so that its Unicode form and its punycode are one address. Rejected: full
 * case folding. It makes ß and ss equal, which are two mailboxes, and two domains.
 */
export function normaliseEmail(email: string): string {
  const { local, domain } = split(isAscii(email) ? email.trim().toLowerCase() : fold(email));
  // A text too long for an email has no domain either: the time of punycode grows with the square of the length.
  const host = domain !== undefined && !isTooLong(email) ? asciiDomain(domain) : domain;
  return host === undefined ? local : `${local}@${host}`;
}

/**
 * The forms that earlier builds hashed for this email: in lower case, which keeps a final sigma, and with the domain as
 * it was written. Empty for an ASCII email without punycode: its form has never changed.
 */
export function earlierEmailForms(email: string): string[] {
  const present = normaliseEmail(email);
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

/** With each sigma as folded, as lower case writes it, and final at the end of every word. */
const spellings = (folded: string): string[] => [
  ...new Set([folded, folded.replaceAll('σ', 'Σ').toLowerCase(), folded.replace(/σ(?!\p{L})/gu, 'ς')]),
];

// eslint-disable-next-line no-control-regex -- all of ASCII
const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);

const isPunycode = (text: string): boolean => text.includes('xn--');

/** The final sigma and letters of old Cyrillic: lower case as they are, and folded to another small letter. */
const OTHER_SMALL_LETTERS = /[\u03c2\u1c80-\u1c88]/g;

/** Normalised once more, because lower case can leave a letter and its accent apart (J̌ becomes ǰ). */
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
 * An ASCII domain without punycode is left alone, and so is what is no host: domainToASCII reads the host of a URL,
 * takes 1.2 for the address 1.0.0.2 and ends the host at a slash. Punycode is decoded before it is folded: it may hold
 * a final sigma.
 */
function asciiDomain(domain: string): string {
  if ((isAscii(domain) && !isPunycode(domain)) || !HOST.test(domain)) return domain;
  return domainToASCII(fold(domainToUnicode(domain))) || domain;
}
