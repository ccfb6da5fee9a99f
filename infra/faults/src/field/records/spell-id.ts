import type { Choices } from '../../requests/choices.ts';
import { raw, type Json } from '../mutate/json.ts';

/** A UUID as other languages write it. */
export const spellUuid = (id: string, choices: Choices): string =>
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

/** No UUID, though it was meant as one. */
export const brokenUuid = (id: string, choices: Choices): Json =>
  choices.one<Json>([id.slice(1), `${id}0`, id.replace(/[0-9a-f]/, 'g'), 42, raw('42.0'), 'x', {}, [id]]);
