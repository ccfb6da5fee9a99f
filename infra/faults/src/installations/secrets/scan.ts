/** A text that must not be found in any form. */
export interface Secret {
  /** Such as `an access token`. Reports print it, and never the secret. */
  what: string;
  text: string;
  /** Undefined: of the app, not of a shop. */
  merchantId?: string;
}

export interface Wanted extends Secret {
  form: string;
}

/**
 * The bytes of each form that are compared: its last ones, because session tokens begin alike. 64 bits of a
 * secret at least.
 */
const WINDOW = 16;

/**
 * Returns the ends of all forms of a text by their names: as it is, encoded for a URL, in hex, and in base64.
 * Base64 of a longer text contains it in one of three ways, by its position.
 */
export function endsOf(text: string): Map<string, string> {
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  const ends = new Map<string, string>();
  const add = (form: string, written: string) => {
    if (written.length < WINDOW) throw new Error(`a secret of ${text.length} characters is too short`);
    ends.set(written.slice(-WINDOW), form);
  };
  for (const offset of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes]);
    // Without the characters that also depend on what follows.
    const base64 = shifted.toString('base64').slice(0, Math.floor((shifted.length * 8) / 6));
    add('in base64', base64);
    add('in base64', base64.replaceAll('+', '-').replaceAll('/', '_'));
  }
  add('in hex', hex);
  add('in hex', hex.toUpperCase());
  add('encoded for a URL', encodeURIComponent(text));
  add('as it is', text);
  return ends;
}

/** Finds any of many secrets in one pass. */
export interface Scanner {
  /** Calls `found` for each occurrence. */
  scan(bytes: Buffer, found: (wanted: Wanted) => void): void;
  /** The bytes that a chunk must repeat of the one before. */
  readonly overlap: number;
}

const BITS = 22;
const BASE = 0x01000193;
const OUT = Array.from({ length: WINDOW }, () => BASE).reduce((power, base) => Math.imul(power, base), 1);

const slotOf = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> (32 - BITS);

/** A rolling hash decides for almost every position that no form ends there. */
export function createScanner(secrets: readonly Secret[]): Scanner {
  const known = new Map<string, Wanted>();
  const slots = new Uint8Array(2 ** BITS);
  for (const secret of secrets) {
    for (const [end, form] of endsOf(secret.text)) {
      known.set(end, { ...secret, form });
      let hash = 0;
      for (const byte of Buffer.from(end, 'latin1')) hash = (Math.imul(hash, BASE) + byte) | 0;
      slots[slotOf(hash)] = 1;
    }
  }
  return {
    overlap: WINDOW - 1,
    scan(bytes, found) {
      let hash = 0;
      for (let n = 0; n < bytes.length; n++) {
        hash = (Math.imul(hash, BASE) + (bytes[n] as number)) | 0;
        if (n >= WINDOW) hash = (hash - Math.imul(bytes[n - WINDOW] as number, OUT)) | 0;
        if (n < WINDOW - 1 || slots[slotOf(hash)] === 0) continue;
        const wanted = known.get(bytes.toString('latin1', n - WINDOW + 1, n + 1));
        if (wanted) found(wanted);
      }
    },
  };
}
