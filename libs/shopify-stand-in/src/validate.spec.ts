import { SUPPORTED_VERSIONS, servedVersion } from './schema.ts';
import { prepare, validateAdminDocument } from './validate.ts';

const PAGE = `query Page($first: Int!, $after: String) {
  customers(first: $first, after: $after, sortKey: ID) {
    nodes { id defaultEmailAddress { emailAddress } numberOfOrders amountSpent { amount currencyCode } updatedAt }
    pageInfo { hasNextPage endCursor }
  }
}`;

describe('validateAdminDocument', () => {
  it.each(SUPPORTED_VERSIONS)('accepts a page of customers in %s', (version) => {
    expect(validateAdminDocument(PAGE, version)).toEqual([]);
  });

  it.each([
    [
      'an unknown field',
      '{ customers(first: 1) { nodes { id emial } } }',
      "Field 'emial' doesn't exist on type 'Customer'",
    ],
    [
      'an unknown argument',
      '{ customers(frist: 1) { nodes { id } } }',
      "Field 'customers' doesn't accept argument 'frist'",
    ],
    ['no selection', '{ shop }', 'Field "shop" of type "Shop!" must have a selection'],
    ['broken syntax', '{ shop {', 'Syntax Error'],
  ])('reports %s', (_, document, message) => {
    expect(validateAdminDocument(document, '2026-10')[0]).toContain(message);
  });

  it('reports an unknown field in Shopify’s format', () => {
    expect(prepare('query Page { people: customers(first: 1) { nodes { emial } } }', '2026-10')).toEqual({
      errors: [
        {
          message: "Field 'emial' doesn't exist on type 'Customer'",
          locations: [{ line: 1, column: 52 }],
          path: ['query Page', 'people', 'nodes', 'emial'],
          extensions: { code: 'undefinedField', typeName: 'Customer', fieldName: 'emial' },
        },
      ],
    });
  });

  it('throws for an unavailable version', () => {
    expect(() => validateAdminDocument('{ shop { name } }', '2019-04')).toThrow('2019-04');
  });
});

describe('servedVersion', () => {
  it.each([
    ['2026-10', '2026-10'],
    ['2025-10', '2025-10'],
    ['2025-07', '2025-10'], // retired: falls forward
    ['2027-01', undefined],
    ['2026-02', undefined],
    ['unstable', undefined],
    ['', undefined],
  ])('serves %s with %s', (asked, served) => expect(servedVersion(asked)).toBe(served));
});
