/** Values that must not be found, by a name for reports: the value itself is a person's. */
export type Canaries = Readonly<Record<string, string | Buffer>>;

export interface WantedForm {
  /** Name of the canary. */
  canary: string;
  bytes: Buffer;
}

/**
 * Every form in which a canary may have been written down. Bytes are seldom left as they are: COPY and logs have their
 * digits, JSON has base64 or the list of them that a Buffer becomes.
 */
export const formsOf = (canaries: Canaries): WantedForm[] =>
  Object.entries(canaries).flatMap(([canary, value]) => {
    if (value.length === 0) throw new Error(`canary ${canary} is empty: it would be found everywhere`);
    const forms =
      typeof value === 'string'
        ? [value]
        : [
            value,
            value.toString('hex'),
            value.toString('hex').toUpperCase(),
            // Without the padding: an encoder that goes on behind it writes none.
            value.toString('base64').replaceAll('=', ''),
            value.toString('base64url'),
            [...value].join(','),
          ];
    return [...new Set(forms)].map((form) => ({ canary, bytes: Buffer.from(form) }));
  });
