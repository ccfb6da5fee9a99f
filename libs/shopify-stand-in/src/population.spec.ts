import { createPopulation } from './population.ts';
import type { SortKey } from './population.ts';

const now = Date.UTC(2026, 0, 1);
const populationOf = (size: number) => createPopulation('seed', 'a.myshopify.com', size, () => now);
const SORT_KEYS: SortKey[] = ['ID', 'CREATED_AT', 'UPDATED_AT'];

describe('createPopulation', () => {
  it.each(SORT_KEYS.flatMap((key) => [false, true].map((reverse) => [key, reverse] as const)))(
    'walks all customers by %s (reverse %s), and continues after any of them',
    (key, reverse) => {
      const people = populationOf(300);
      const fact = ({ ID: 'id', CREATED_AT: 'createdMs', UPDATED_AT: 'updatedMs' } as const)[key];
      const rows = [...people.walk(key, reverse)];
      const values = rows.map(({ facts }) => facts[fact]);
      expect(values).toEqual([...values].sort((a, b) => (reverse ? b - a : a - b)));
      expect(new Set(rows.map(({ index }) => index)).size).toBe(300);
      for (const at of [0, 17, 298, 299]) {
        const { facts } = rows[at]!;
        expect([...people.walk(key, reverse, { id: facts.id, value: facts[fact] })]).toEqual(
          rows.slice(at + 1),
        );
      }
    },
  );

  it('edits, removes and adds customers on top of the generated ones', () => {
    const people = populationOf(10);
    const byUpdate = () => [...people.walk('UPDATED_AT', true)].map(({ index }) => index);
    const [second, fifth] = [people.get(1)!, people.get(4)!];
    expect(byUpdate()[0]).not.toBe(1);
    expect(people.edit(second.id, { email: 'new@example.com' })).toBe(true);
    expect(people.get(1)).toEqual({ ...second, email: 'new@example.com', updatedAt: '2026-01-01T00:00:00Z' });
    expect(byUpdate()[0]).toBe(1);
    expect(people.regroup(fifth.id, 'CHAMPIONS')).toBe(true);
    expect(people.get(4)).toEqual({ ...fifth, rfmGroup: 'CHAMPIONS' });
    expect(people.remove(fifth.id)).toBe(true);
    expect([people.get(4), people.remove(fifth.id), people.edit(fifth.id, {})]).toEqual([
      undefined,
      false,
      false,
    ]);
    people.add(2);
    expect(people.count()).toBe(11);
    expect([...people.all()]).toHaveLength(11);
    expect(people.get(11)).toMatchObject({
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-01T00:00:00Z',
    });
    expect(people.get(12)).toBeUndefined();
    expect(byUpdate().slice(0, 3)).toEqual([11, 10, 1]);
  });

  it('continues at the right place after the row of a cursor was removed', () => {
    const people = populationOf(10);
    const rows = [...people.walk('ID', false)];
    const { id } = rows[3]!.facts;
    people.remove(people.get(3)!.id);
    expect([...people.walk('ID', false, { id, value: id })]).toEqual(rows.slice(4));
  });
});
