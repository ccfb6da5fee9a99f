import { addresses, flag, optionalText, type Env, type Variable } from '@core/runtime';
import type { KafkaOptions } from './kafkajs/connect.ts';

export interface Sasl {
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  username: string;
  password: string;
}

const saslText = optionalText({
  doc: 'mechanism:user:password with plain, scram-sha-256 or scram-sha-512; empty: no authentication',
  example: 'scram-sha-512:core:<password>',
  secret: true,
});

const sasl: Variable<Sasl | undefined> = {
  ...saslText,
  parse: (raw) => {
    const value = saslText.parse(raw);
    if (value === undefined) return undefined;
    const [, mechanism, username, password] =
      /^(plain|scram-sha-256|scram-sha-512):([^:]+):(.+)$/s.exec(value) ?? [];
    if (!mechanism || !username || !password) throw new Error('must be mechanism:user:password');
    return { mechanism: mechanism as Sasl['mechanism'], username, password };
  },
};

/** The variables for the connection to Kafka. */
export const kafkaEnv = {
  KAFKA_BROKER: addresses({
    doc: 'Kafka brokers, host:port,host:port',
    default: [{ host: 'localhost', port: 9092 }],
    example: 'localhost:9092',
  }),
  KAFKA_TLS: flag({
    doc: 'TLS to Kafka, certificates verified; a private CA: NODE_EXTRA_CA_CERTS',
    default: false,
  }),
  KAFKA_SASL: sasl,
};

/** Converts the environment to connectKafka's options. */
export const kafkaOptions = (
  env: Env<typeof kafkaEnv>,
): Required<Pick<KafkaOptions, 'brokers' | 'tls'>> & Pick<KafkaOptions, 'sasl'> => ({
  brokers: env.KAFKA_BROKER.map(({ host, port }) => `${host}:${port}`),
  tls: env.KAFKA_TLS,
  ...(env.KAFKA_SASL ? { sasl: env.KAFKA_SASL } : {}),
});
