/** Values that must not be found, by a name. Reports print the name, because the value is personal data. */
export type Canaries = Readonly<Record<string, string | Buffer>>;

export interface WantedForm {
  /** Name of the canary. */
  canary: string;
  bytes: Buffer;
}

/**
 * Returns every form in which a canary may have been written. Raw bytes are rare: COPY and logs contain hex
 * digits; JSON contains base64, or the array of numbers to which a Buffer serializes.
 */
export const formsOf = (canaries: Canaries): WantedForm[] =>
  Object.entries(canaries).flatMap(([canary, value]) => {
    if (value.length === 0) throw new Error(`canary ${canary} is empty: it would match every file and row`);
    const forms =
      typeof value === 'string'
        ? [value]
        : [
            value,
            value.toString('hex'),
            value.toString('hex').toUpperCase(),
            // Without padding: an encoder writes none when more bytes follow the canary.
            value.toString('base64').replaceAll('=', ''),
            value.toString('base64url'),
            [...value].join(','),
          ];
    return [...new Set(forms)].map((form) => ({ canary, bytes: Buffer.from(form) }));
  });
