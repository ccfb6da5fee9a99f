// tag: compliance
import { earlierEmailForms, normalizeEmail, parseEmail } from './email-form.ts';

describe('normalizeEmail', () => {
  it.each([
    ['upper case', 'Ada@EXAMPLE.com'],
    ['space around', ' ada@example.com\n'],
    ['full-width letters', 'ａｄａ@example.com'],
  ])('folds %s', (_, email) => {
    expect(normalizeEmail(email)).toBe('ada@example.com');
  });

  // docs/privacy.md states these forms; a change here needs the earlier form, or stored emails are not found.
  it.each([
    ['a letter with its accent apart', 'jose\u0301@example.com', 'jos\u00e9@example.com'],
    ['a letter whose capital has its accent apart', '\u01f0@example.com', 'J\u030c@example.com'],
    ['ligatures and other letters for compatibility', '\ufb01rst\u2122@example.com', 'firsttm@example.com'],
    ['a no-break space around', '\u00a0ada@example.com\u00a0', 'ada@example.com'],
    ['a byte order mark around', '\ufeffada@example.com', 'ada@example.com'],
    ['final and inner sigma', '\u03bc\u03b1\u03c2@example.com', '\u03bc\u03b1\u03c3@example.com'],
    ['a capital sigma at the end', '\u039c\u0391\u03a3@example.com', '\u03bc\u03b1\u03c2@example.com'],
    ['a small letter of old Cyrillic', '\u1c80@example.com', '\u0432@example.com'],
    ['a dotted capital i to i with a dot above', '\u0130da@example.com', 'i\u0307da@example.com'],
    ['a capital sharp s to a small one', 'STRA\u1e9eE@example.com', 'stra\u00dfe@example.com'],
    ['the full-width at sign and stop', 'ada\uff20example\uff0ecom', 'ada@example.com'],
    ['upper case in a domain beyond ASCII', 'ada@M\u00dcNCHEN.example', 'ada@m\u00fcnchen.example'],
    ['a domain and its punycode', 'ada@m\u00fcnchen.example', 'ada@xn--mnchen-3ya.example'],
    ['punycode in upper case', 'ada@XN--MNCHEN-3YA.example', 'ada@xn--mnchen-3ya.example'],
    ['a domain with an ideographic stop', 'ada@m\u00fcnchen\u3002example', 'ada@m\u00fcnchen.example'],
    ['a domain with its accent apart', 'ada@mu\u0308nchen.example', 'ada@m\u00fcnchen.example'],
    ['the punycode of a final sigma', 'ada@xn--nxasmm1c.com', 'ada@\u03b2\u03cc\u03bb\u03bf\u03c3.com'],
  ])('folds %s', (_, email, folded) => {
    expect(normalizeEmail(email)).toBe(normalizeEmail(folded));
  });

  it.each([
    ['sharp s and ss, two letters to one', 'stra\u00dfe@example.com', 'strasse@example.com'],
    ['sharp s and ss in a domain', 'ada@fa\u00df.example', 'ada@fass.example'],
    ['dotless i and i', '\u0131da@example.com', 'ida@example.com'],
    ['a zero-width joiner in the middle', 'a\u200dda@example.com', 'ada@example.com'],
    ['a zero-width space in the middle', 'a\u200bda@example.com', 'ada@example.com'],
    ['a mark of direction around', '\u202eada@example.com', 'ada@example.com'],
    ['a soft hyphen in the middle', 'a\u00adda@example.com', 'ada@example.com'],
    ['letters of another script that look alike', '\u0430da@example.com', 'ada@example.com'],
    ['dots in the local part', 'a.da@example.com', 'ada@example.com'],
    ['a tag in the local part', 'ada+shop@example.com', 'ada@example.com'],
    ['a short number and the address that a URL makes of it', 'ada@1.2', 'ada@1.0.0.2'],
    ['text after a slash', 'ada@m\u00fcnchen.example/x', 'ada@m\u00fcnchen.example'],
  ])('keeps apart %s', (_, one, other) => {
    expect(normalizeEmail(one)).not.toBe(normalizeEmail(other));
  });

  it('is idempotent', () => {
    const letters = ['\u0130', '\u1e9e', '\u03a3', '\u03c2', '\ufb01', '\u00a0', '\ufeff', 'e\u0301'];
    letters.push('\u1e9b\u0323', '\u212a', '\u2126', 'J\u030c', '\u1c80', '\u3002', 'xn--', '\u0661', '%');
    for (const one of letters) {
      for (const other of letters) {
        const once = normalizeEmail(`${one}a${other}@b${other}c${one}d.example`);
        expect(normalizeEmail(once)).toBe(once);
      }
    }
  });
});

describe('earlierEmailForms', () => {
  it.each(['Ada@Example.com', ' ada+1@1.2', 'no email'])('is empty for %p', (email) =>
    expect(earlierEmailForms(email)).toEqual([]),
  );

  /** The form in which earlier builds compared emails. */
  const asBefore = (email: string): string => email.normalize('NFKC').trim().toLowerCase();

  it.each([
    [['ada@m\u00fcnchen.example', 'ada@M\u00dcNCHEN.example', 'ada@xn--mnchen-3ya.example']],
    [['\u039c\u0391\u03a3@example.com', '\u03bc\u03b1\u03c2@example.com', '\u03bc\u03b1\u03c3@example.com']],
    [
      [
        'ada@\u03b2\u03cc\u03bb\u03bf\u03c2.com',
        'ada@\u0392\u038c\u039b\u039f\u03a3.com',
        'ada@xn--nxasmm1c.com',
      ],
    ],
    [['\u03b1\u03c2.\u03b2\u03c2@\u00fc.example', '\u03b1\u03c3.\u03b2\u03c3@xn--tda.example']],
  ])('includes what earlier builds hashed for every other spelling of an email: %j', (spellings) => {
    for (const one of spellings) {
      for (const stored of spellings) {
        expect([normalizeEmail(one), ...earlierEmailForms(one)]).toContain(asBefore(stored));
      }
    }
  });
});

describe('parseEmail', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    [' Ada@Example.com\n', 'Ada@Example.com'],
    ['\u00e4d\u00e4+x@ex\u00e4mple.com', '\u00e4d\u00e4+x@ex\u00e4mple.com'],
    [`${'a'.repeat(308)}@example.com`, `${'a'.repeat(308)}@example.com`],
    [`${'\u{1f600}'.repeat(308)}@example.com`, `${'\u{1f600}'.repeat(308)}@example.com`],
    [`${'\ufb01'.repeat(154)}@example.com`, `${'\ufb01'.repeat(154)}@example.com`],
  ])('accepts %p', (given, stored) => expect(parseEmail(given)).toBe(stored));

  it.each([
    '',
    'ada',
    '@',
    'ada@',
    '@example.com',
    'ada@lovelace@example.com',
    'ada lovelace@example.com',
    'ada\u0000@example.com',
    'ada\u200b@example.com',
    '\u3164@example.com',
    'ada\uffa0@example.com',
    'ada\u2800@example.com',
    'ada@\u115fexample.com',
    'ada@example.com\u0007',
    'ada@lovelace\uff20example.com',
    'ada\uff20example.com',
    '\ud800@example.com',
    `${'a'.repeat(309)}@example.com`,
    `${'\u{1f600}'.repeat(309)}@example.com`,
    `${'\ufb01'.repeat(155)}@example.com`,
    `${' '.repeat(306)}ada@example.com`,
  ])('refuses %p', (given) => expect(parseEmail(given)).toBeNull());
});
