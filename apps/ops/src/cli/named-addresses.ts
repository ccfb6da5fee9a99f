import type { EnvSchema } from '@core/runtime';

const ADDRESSES = ['CORE_DB_HOST', 'KAFKA_BROKER'] as const;

/**
 * The same variables, without the default addresses of PostgreSQL and Kafka: an app waits for the wrong server, a
 * command acts on it at once. Rejected: to refuse only commands that write, because what another server says is believed.
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
        'is required, because no command goes to a default address; the stack.env of a stack has it',
      );
    }
    return parse(raw);
  };
