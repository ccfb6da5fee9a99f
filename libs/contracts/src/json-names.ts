/**
 * A workaround for a bug of JSON.parse in V8 14: once it has parsed {"a":0,"\\":1}, it reads {"a":0,"\n":1}
 * as the same object. After the same names, it confuses an escaped name with an earlier name that equals the
 * start of the escaped spelling. JSON from another sender could then change what is stored. Names are
 * therefore parsed in a spelling without escapes: their own, or a stand-in.
 */
export interface PlainNames {
  /** The JSON of the same value, except for the stand-ins. */
  json: string;
  /** Restores the original names in a parsed value. */
  restore: <T>(value: T) => T;
}

const STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/gs;

/**
 * A private-use character. A name that contains it also gets a stand-in, so that no stand-in equals a name.
 */
const STAND_IN = '\ue000';

/** @throws SyntaxError for a string that is not JSON */
export function plainNames(json: string): PlainNames {
  // Nearly all JSON has no backslash. It needs no pass and no copy.
  if (!json.includes('\\')) return { json, restore: (value) => value };
  // The expression below is linear only when every string is terminated. In `"\"\"\"...`, which is not JSON,
  // it would search for the end from each quote: 131 KB took 5 s.
  JSON.parse(json);
  const standIns = new Map<string, string>();
  const plain = json.replace(STRING, (whole, colon: string | undefined) => {
    if (colon === undefined || !(whole.includes('\\') || whole.includes(STAND_IN))) return whole;
    // The bug does not affect a string that is parsed alone.
    const name = JSON.parse(whole.slice(0, -colon.length)) as string;
    const spelt = JSON.stringify(name);
    if (!(spelt.includes('\\') || name.includes(STAND_IN))) return spelt + colon;
    if (!standIns.has(name)) standIns.set(name, `${STAND_IN}${standIns.size}`);
    return `"${standIns.get(name)}"${colon}`;
  });
  if (standIns.size === 0) return { json: plain, restore: (value) => value };
  const names = new Map([...standIns].map(([name, standIn]) => [standIn, name]));
  return { json: plain, restore: (value) => renamed(value, names) as typeof value };
}

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((each) => renamed(each, names));
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [names.get(name) ?? name, renamed(each, names)]),
  );
}

/** Parses JSON like JSON.parse, but reads every name as it is written. */
export function readJson(text: string): unknown {
  const { json, restore } = plainNames(text);
  return restore(JSON.parse(json) as unknown);
}
