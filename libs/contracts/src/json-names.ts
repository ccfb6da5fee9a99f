/**
 * Once JSON.parse of V8 14 has met {"a":0,"\\":1}, it reads {"a":0,"\n":1} as the same: behind the same names it takes
 * a name with an escape for one that is spelt as the escaped one begins. The JSON that somebody else sent before then
 * decides what is stored. Therefore names are parsed in a spelling without escapes: their own, or that of a stand-in.
 */
export interface PlainNames {
  /** JSON of the same value, except for the stand-ins. */
  json: string;
  /** Puts the names back into a value that was parsed. */
  restore: <T>(value: T) => T;
}

const STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/gs;

/** A private character: a name that holds it gets a stand-in as well, so that no stand-in is a name. */
const STAND_IN = '\ue000';

/** @throws SyntaxError for what is no JSON */
export function plainNames(json: string): PlainNames {
  // Nearly all JSON: no pass over it, and no copy.
  if (!json.includes('\\')) return { json, restore: (value) => value };
  // The expression below is linear where every string ends. In `"\"\"\"...`, which is no JSON, it would look for the end
  // from each quote on: 131 KB took 5 s.
  JSON.parse(json);
  const standIns = new Map<string, string>();
  const plain = json.replace(STRING, (whole, colon: string | undefined) => {
    if (colon === undefined || !(whole.includes('\\') || whole.includes(STAND_IN))) return whole;
    // A text by itself is read as it is.
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

/** As JSON.parse, with every name as it is written. */
export function readJson(text: string): unknown {
  const { json, restore } = plainNames(text);
  return restore(JSON.parse(json) as unknown);
}
