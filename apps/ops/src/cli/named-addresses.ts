import type { EnvSchema } from '@core/runtime';

const ADDRESSES = ['CORE_DB_HOST', 'KAFKA_BROKER'] as const;

/**
 * Returns the same variables without default addresses for PostgreSQL and Kafka. An app with a wrong address
 * only waits, but a command acts on the wrong server at once. Rejected: requiring the addresses only for
 * commands that write, because operators would believe the output of the wrong server.
 */
export const withNamedAddresses = <S extends EnvSchema>(schema: S): S => ({
  ...schema,
  ...Object.fromEntries(
    ADDRESSES.flatMap((name) => {
      const variable = schema[name];
      return variable ? [[name, { ...variable, parse: demanding(variable.parse) }]] : [];
    }),
  ),
});

const demanding =
  <T>(parse: (raw: string | undefined) => T) =>
  (raw: string | undefined): T => {
    if (raw === undefined) {
      throw new Error(
        'is required, because commands have no default address; the stack.env of a stack contains it',
      );
    }
    return parse(raw);
  };
