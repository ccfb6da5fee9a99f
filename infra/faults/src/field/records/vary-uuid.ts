import type { Choices } from '../../requests/choices.ts';
import { raw, type Json } from '../mutate/json.ts';

/** Writes a UUID as other languages do. */
export const varyUuid = (id: string, choices: Choices): string =>
  choices.one([
    id,
    id,
    id,
    id.toUpperCase(),
    ` ${id}\n`,
    `{${id}}`,
    `urn:uuid:${id}`,
    id.replaceAll('-', ''),
  ]);

/** Returns a broken UUID. */
export const invalidUuid = (id: string, choices: Choices): Json =>
  choices.one<Json>([id.slice(1), `${id}0`, id.replace(/[0-9a-f]/, 'g'), 42, raw('42.0'), 'x', {}, [id]]);
