import { parsePgbench } from './pgbench.ts';

it('parses the two figures of pgbench', () =>
  expect(
    parsePgbench(
      'number of transactions actually processed: 193326\nlatency average = 0.414 ms\n' +
        'initial connection time = 21.125 ms\ntps = 38665.123456 (without initial connection time)\n',
    ),
  ).toEqual({ perSecond: 38665.123456, operations: 193326 }));

it('throws the output of a failed pgbench', () =>
  expect(() => parsePgbench('pgbench: error: connection failed')).toThrow('connection failed'));
