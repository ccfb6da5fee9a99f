import { EnvError, readEnv } from '@core/runtime';
import { kafkaEnv, kafkaOptions } from './kafka-env.ts';

it('reads brokers, TLS and SASL', () => {
  expect(kafkaOptions(readEnv(kafkaEnv, {}))).toEqual({ brokers: ['localhost:9092'], tls: false });
  const env = { KAFKA_BROKER: 'a:1,b:2', KAFKA_TLS: 'true', KAFKA_SASL: 'plain:core:pass:word' };
  expect(kafkaOptions(readEnv(kafkaEnv, env))).toEqual({
    brokers: ['a:1', 'b:2'],
    tls: true,
    sasl: { mechanism: 'plain', username: 'core', password: 'pass:word' },
  });
});

it.each(['plain', 'plain:user', 'gssapi:user:secret', 'plain::secret'])(
  'refuses SASL %s without quoting it',
  (value) => {
    const read = () => readEnv(kafkaEnv, { KAFKA_SASL: value });
    expect(read).toThrow(EnvError);
    expect(read).toThrow(/KAFKA_SASL: must be mechanism:user:password$/);
  },
);
