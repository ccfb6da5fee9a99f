import { emailHash, normaliseEmail } from './email.ts';

const keys = (fill: number) => ({
  generation: 1,
  dataKey: Buffer.alloc(32),
  indexKey: Buffer.alloc(32, fill),
});

describe('normaliseEmail', () => {
  it.each([
    ['upper case', 'Ada@EXAMPLE.com'],
    ['space around', ' ada@example.com\n'],
    ['full-width letters', 'ａｄａ@example.com'],
  ])('folds %s', (_, email) => {
    expect(normaliseEmail(email)).toBe('ada@example.com');
  });

  // What a reader of docs/privacy.md is told; a change here would lose every email that is stored.
  it.each([
    ['a letter with its accent apart', 'jose\u0301@example.com', 'jos\u00e9@example.com'],
    ['ligatures and other letters for compatibility', '\ufb01rst\u2122@example.com', 'firsttm@example.com'],
    ['a no-break space around', '\u00a0ada@example.com\u00a0', 'ada@example.com'],
    ['a byte order mark around', '\ufeffada@example.com', 'ada@example.com'],
    [
      'a final sigma as the letter before it says',
      '\u039c\u0391\u03a3@example.com',
      '\u03bc\u03b1\u03c2@example.com',
    ],
    ['a dotted capital i to i with a dot above', '\u0130da@example.com', 'i\u0307da@example.com'],
    ['a capital sharp s to a small one', 'STRA\u1e9eE@example.com', 'stra\u00dfe@example.com'],
    ['the full-width at sign and stop', 'ada\uff20example\uff0ecom', 'ada@example.com'],
    ['upper case in a domain beyond ASCII', 'ada@M\u00dcNCHEN.example', 'ada@m\u00fcnchen.example'],
  ])('folds %s', (_, email, folded) => {
    expect(normaliseEmail(email)).toBe(folded);
  });

  it.each([
    ['sharp s and ss: lower case is no case folding', 'stra\u00dfe@example.com', 'strasse@example.com'],
    [
      'final and inner sigma, where they stand as such',
      '\u03bc\u03b1\u03c2@example.com',
      '\u03bc\u03b1\u03c3@example.com',
    ],
    ['dotless i and i', '\u0131da@example.com', 'ida@example.com'],
    ['a zero-width joiner in the middle', 'a\u200dda@example.com', 'ada@example.com'],
    ['a zero-width space in the middle', 'a\u200bda@example.com', 'ada@example.com'],
    ['a mark of direction around', '\u202eada@example.com', 'ada@example.com'],
    ['a soft hyphen in the middle', 'a\u00adda@example.com', 'ada@example.com'],
    ['letters of another script that look alike', '\u0430da@example.com', 'ada@example.com'],
    [
      'an internationalised domain and its punycode',
      'ada@m\u00fcnchen.example',
      'ada@xn--mnchen-3ya.example',
    ],
  ])('keeps apart %s', (_, one, other) => {
    expect(normaliseEmail(one)).not.toBe(normaliseEmail(other));
  });

  it('gives the same again for what it gave', () => {
    const awkward = [
      '\u0130',
      '\u1e9e',
      '\u03a3',
      '\ufb01',
      '\u00a0',
      '\ufeff',
      'e\u0301',
      '\u1e9b\u0323',
      '\u212a',
      '\u2126',
    ];
    for (const one of awkward) {
      for (const other of awkward) {
        const once = normaliseEmail(`${one}a${other}@example.com`);
        expect(normaliseEmail(once)).toBe(once);
      }
    }
  });

  it('keeps what is another mailbox', () => {
    expect(normaliseEmail('a.da@example.com')).not.toBe('ada@example.com');
    expect(normaliseEmail('ada+shop@example.com')).not.toBe('ada@example.com');
  });
});

describe('emailHash', () => {
  it('is equal for equal emails of one merchant and for no other merchant', () => {
    expect(emailHash(keys(1), 'Ada@example.com')).toEqual(emailHash(keys(1), 'ada@example.com'));
    expect(emailHash(keys(1), 'ada@example.com')).not.toEqual(emailHash(keys(2), 'ada@example.com'));
  });
});
