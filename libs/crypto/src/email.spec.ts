// tag: compliance
import { earlierEmailHashes, emailHash } from './email.ts';

const keys = (fill: number) => ({
  generation: 1,
  dataKey: Buffer.alloc(32),
  indexKey: Buffer.alloc(32, fill),
});

describe('emailHash', () => {
  it('is equal for equal emails of one merchant and for no other merchant', () => {
    expect(emailHash(keys(1), 'Ada@example.com')).toEqual(emailHash(keys(1), 'ada@example.com'));
    expect(emailHash(keys(1), 'ada@example.com')).not.toEqual(emailHash(keys(2), 'ada@example.com'));
  });

  it('returns the hash of an earlier build where the form has changed', () => {
    expect(earlierEmailHashes(keys(1), 'ada@example.com')).toEqual([]);
    expect(earlierEmailHashes(keys(1), 'ada@m\u00fcnchen.example')).toHaveLength(1);
  });
});
