import { documentedFilters, loadAdminSchema } from './schema.ts';
import { matches, parseSearch } from './search.ts';

const schema = loadAdminSchema('2026-10');
const customers = documentedFilters(schema, 'customers');
const day = Date.UTC(2024, 0, 2);
const facts = { id: 100, createdMs: day, updatedMs: day + 3_600_000, emails: 1 };

describe('parseSearch', () => {
  it.each([
    ['', true],
    ['id:100', true],
    ['id:>100', false],
    ['id:>=100 id:<101', true],
    ['id:>=100 AND id:<100', false],
    ["updated_at:>='2024-01-02T01:00:00Z'", true],
    ["updated_at:>'2024-01-02T01:00:00Z'", false],
    ['customer_date:<"2024-01-02T00:00:00Z"', false],
    ["customer_date: >='2024-01-01' AND updated_at:<='2024-01-03'", true],
    ["updated_at:'2024-01-02T20:00:00Z'", true], // "matching a whole day"
    ["updated_at:'2024-01-03'", false],
    ['email:* id:100', true], // "customers who have an email address specified"
  ])('%s', (query, match) => {
    const { terms, unknown, unquoted } = parseSearch(query, customers);
    expect([unknown, unquoted]).toEqual([[], []]);
    expect(matches(terms, facts)).toBe(match);
  });

  it('finds no customer without an email by email:*', () => {
    expect(matches(parseSearch('email:*', customers).terms, { ...facts, emails: 0 })).toBe(false);
  });

  it('drops filters that Shopify does not document for the field', () => {
    expect(parseSearch('id:>=100 AND color:red', customers)).toMatchObject({
      unknown: ['color'],
      terms: [{}],
    });
    const createdAt = "created_at:>='2030-01-01'";
    expect(parseSearch(createdAt, customers)).toMatchObject({ unknown: ['created_at'], terms: [] });
    expect(parseSearch(createdAt, documentedFilters(schema, 'customersCount'))).toMatchObject({
      unknown: [],
    });
  });

  it('reports an unquoted date and still reads it', () => {
    const { terms, unquoted } = parseSearch('updated_at:>=2024-01-02T00:00:00Z', customers);
    expect(unquoted).toEqual(['updated_at']);
    expect(matches(terms, facts)).toBe(true);
  });

  it.each([
    'id:1 OR id:2',
    '(id:1)',
    'Bob',
    '-id:1',
    'NOT id:1',
    'id:x',
    'email:a',
    "updated_at:'soon'",
    'id:',
  ])('throws for an unimplemented search: %s', (query) =>
    expect(() => parseSearch(query, customers)).toThrow(/implemented|cannot read the value of/),
  );
});
