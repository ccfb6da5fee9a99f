import { UNLIMITED } from '../../test/unlimited.ts';
import { parseQuota, quotaEnv } from './quota.ts';

it('sets the named limits and keeps the defaults of the others', () => {
  expect(parseQuota(' reads = 7,streams=2', UNLIMITED)).toEqual({ ...UNLIMITED, reads: 7, streams: 2 });
});

it('treats 0 as no limit', () => {
  expect(parseQuota('exports=0', { ...UNLIMITED, exports: 5 })).toEqual(UNLIMITED);
});

it.each([
  ['speed=5', 'must be name=number'],
  ['reads=-5', 'must be name=number'],
  ['reads=5.5', 'must be name=number'],
  ['reads=1e9', 'must be name=number'],
  ['reads=', 'must be name=number'],
  ['reads', 'must be name=number'],
  ['reads=5;writes=5', 'must be name=number'],
  [`reads=5${'0'.repeat(100)}`, 'must be name=number'],
  ['', 'must be name=number'],
  ['reads=5,', 'must be name=number'],
  ['reads=5,reads=6', 'must name reads once'],
])('refuses %p', (raw, message) => expect(() => parseQuota(raw, UNLIMITED)).toThrow(message));

it('has an example with the defaults', () => {
  for (const { example, parse } of Object.values(quotaEnv)) {
    expect(parseQuota(example, UNLIMITED)).toEqual(parse(undefined));
  }
});
