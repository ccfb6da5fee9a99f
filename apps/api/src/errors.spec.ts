import { Code, ConnectError } from '@connectrpc/connect';
import { MergedAway } from '@core/domain';
import { CoreError, invalid, notFound, type ErrorKind } from '@core/runtime';
import { aCustomerId } from '@core/testing';
import { codeName, toRpcError } from './errors.ts';

const sqlError = (code: string) =>
  Object.assign(new Error('Key (email)=(ada@example.com) already exists'), { code });

describe('toRpcError', () => {
  it.each<[ErrorKind, Code]>([
    ['invalid_argument', Code.InvalidArgument],
    ['not_found', Code.NotFound],
    ['already_exists', Code.AlreadyExists],
    ['failed_precondition', Code.FailedPrecondition],
    ['aborted', Code.Aborted],
    ['permission_denied', Code.PermissionDenied],
    ['unauthenticated', Code.Unauthenticated],
    ['unavailable', Code.Unavailable],
  ])('shows a CoreError of kind %s with its own message', (kind, code) => {
    const error = toRpcError(new CoreError(kind, 'words for the caller'), 'r1');
    expect([error.code, error.rawMessage]).toEqual([code, 'words for the caller']);
  });

  it('names the field', () =>
    expect(toRpcError(invalid('email', 'must contain one @'), 'r1').rawMessage).toBe(
      'email: must contain one @',
    ));

  it('reports not found', () =>
    expect(toRpcError(notFound('customer'), 'r1').rawMessage).toBe('customer not found'));

  it('names the survivor of a merged customer', () => {
    const error = toRpcError(new MergedAway(aCustomerId('018f4e1c-0000-7000-8000-00000000000b')), 'r1');
    expect([error.code, error.metadata.get('merged-into')]).toEqual([
      Code.NotFound,
      '018f4e1c-0000-7000-8000-00000000000b',
    ]);
  });

  it.each([
    ['40001', Code.Aborted],
    ['23505', Code.Aborted],
    ['08006', Code.Unavailable],
    ['57P01', Code.Unavailable],
    ['55P03', Code.Unavailable],
    ['53100', Code.Unavailable],
    ['53200', Code.Unavailable],
    ['53300', Code.Unavailable],
    ['57014', Code.Unavailable],
    ['58030', Code.Unavailable],
    ['58P01', Code.Unavailable],
    ['ECONNREFUSED', Code.Unavailable],
    ['22P02', Code.InvalidArgument],
    ['22P05', Code.InvalidArgument],
    ['22021', Code.InvalidArgument],
    ['54000', Code.InvalidArgument],
    ['23514', Code.InvalidArgument],
    ['42501', Code.Internal],
  ])('turns the database error %s into code %i without its message', (sqlState, code) => {
    const error = toRpcError(sqlError(sqlState), 'r1');
    expect(error.code).toBe(code);
    expect(error.rawMessage).toContain('r1');
    expect(error.rawMessage).not.toContain('ada');
  });

  it.each([[new TypeError('x is undefined')], ['a string'], [undefined], [null]])(
    'reveals only the request id for %p',
    (thrown) => {
      const error = toRpcError(thrown, 'r1');
      expect([error.code, error.rawMessage]).toEqual([Code.Internal, 'internal error, request r1']);
    },
  );

  it('returns the pipeline’s own errors unchanged', () => {
    const error = new ConnectError('the deadline has passed', Code.DeadlineExceeded);
    expect(toRpcError(error, 'r1')).toBe(error);
  });
});

it.each([
  [undefined, 'ok'],
  [Code.InvalidArgument, 'invalid_argument'],
  [Code.Canceled, 'canceled'],
  [Code.DeadlineExceeded, 'deadline_exceeded'],
])('names code %s %s', (code, name) => expect(codeName(code)).toBe(name));
