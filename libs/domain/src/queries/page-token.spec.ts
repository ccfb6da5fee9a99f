import { CoreError } from '@core/runtime';
import { pageToken, readPageToken, UUID_KEY } from './page-token.ts';

const id = '018f4e1c-0000-7000-8000-000000000001';
const asked = { merchantId: 'm', segment: 'LOYAL' };

const refusal = (token: string, of: unknown = asked) => {
  try {
    readPageToken(token, of, [UUID_KEY]);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('a page token', () => {
  it('comes back as the key', () =>
    expect(readPageToken(pageToken(asked, [id]), asked, [UUID_KEY])).toEqual([id]));

  it('is empty for the first page', () => expect(readPageToken('', asked, [UUID_KEY])).toBeNull());

  it.each([
    ['another merchant', pageToken({ ...asked, merchantId: 'n' }, [id])],
    ['another filter', pageToken({ ...asked, segment: 'NEW' }, [id])],
    ['another shape', pageToken(asked, [id, id])],
    ['a key that is no id', pageToken(asked, ["' or true --"])],
    ['no token', 'AAAA'],
    ['JSON of another kind', Buffer.from('{"0":1}').toString('base64url')],
    ['numbers', Buffer.from('[1,2]').toString('base64url')],
  ])('of %s is refused, naming page_token', (_, token) => {
    expect(refusal(token)).toBeInstanceOf(CoreError);
    expect(refusal(token)).toMatchObject({ kind: 'invalid_argument', field: 'page_token' });
  });
});
