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
