import { SUPPORTED_VERSIONS, validateAdminDocument } from '@core/shopify-stand-in';
import { shopifyEnv } from '../client/env.ts';
import {
  bulkQuery,
  CANCEL_OPERATION,
  NEWEST_OPERATIONS,
  OPERATION,
  RUN_OPERATION,
} from './bulk/operation.ts';
import { CUSTOMER_ACCESS } from '../read-customer-access.ts';
import { BY_ID_WITHOUT_EMAIL, CUSTOMERS_BY_ID } from './graphql/by-ids.ts';
import { COUNT } from '../planning/count.ts';
import { countsDocument, CREATED_BOUNDS } from '../planning/partition-range.ts';
import { CUSTOMER_PAGE, ID_PAGE, PAGE_WITHOUT_EMAIL } from './graphql/graphql-source.ts';
import { SHOP_FACTS } from './rest/rest-source.ts';
import { DEFINE_METAFIELD, FIND_DEFINITION, REMOVE_DEFINITION } from '../segments/define-metafields.ts';
import { CUSTOMER_EXISTS, DELETE_METAFIELDS } from '../segments/delete-metafields.ts';
import { SET_METAFIELDS } from '../segments/set-metafields.ts';
import {
  CREATE_SUBSCRIPTION,
  DELETE_SUBSCRIPTION,
  LIST_SUBSCRIPTIONS,
  MOVE_SUBSCRIPTION,
} from '../webhooks/subscriptions.ts';

const RANGE = { createdFrom: '2026-01-01T00:00:00Z', createdTo: '2026-02-01T00:00:00Z' };
const DOCUMENTS = {
  CUSTOMER_PAGE,
  PAGE_WITHOUT_EMAIL,
  ID_PAGE,
  COUNT,
  CUSTOMERS_BY_ID,
  BY_ID_WITHOUT_EMAIL,
  CUSTOMER_ACCESS,
  CREATED_BOUNDS,
  counts: countsDocument(["created_at:>='2026-01-01T00:00:00Z'", '']),
  SHOP_FACTS,
  DEFINE_METAFIELD,
  FIND_DEFINITION,
  REMOVE_DEFINITION,
  SET_METAFIELDS,
  DELETE_METAFIELDS,
  CUSTOMER_EXISTS,
  RUN_OPERATION,
  bulkQuery: bulkQuery({ range: RANGE, idsOnly: false, withoutEmail: false }),
  bulkQueryWithoutEmail: bulkQuery({ range: {}, idsOnly: false, withoutEmail: true }),
  bulkQueryOfAll: bulkQuery({ range: {}, idsOnly: true, withoutEmail: false }),
  LIST_SUBSCRIPTIONS,
  CREATE_SUBSCRIPTION,
  MOVE_SUBSCRIPTION,
  DELETE_SUBSCRIPTION,
};
/** Bulk operations by id and as a list are available from the version on that runs five at once. */
const FROM_2026_01 = { NEWEST_OPERATIONS, OPERATION, CANCEL_OPERATION };

describe.each(SUPPORTED_VERSIONS)('against Shopify’s schema %s', (version) => {
  it.each(Object.entries({ ...DOCUMENTS, ...(version >= '2026-01' && FROM_2026_01) }))(
    '%s is valid',
    (_name, document) => {
      expect(validateAdminDocument(document, version)).toEqual([]);
    },
  );
});

describe('a document', () => {
  it('is rejected when it is not valid', () => {
    expect(validateAdminDocument(CUSTOMER_PAGE.replace('tags', 'tag'), '2026-10')).not.toEqual([]);
  });

  it('is sent to a version that these specs check', () => {
    expect(SUPPORTED_VERSIONS).toContain(shopifyEnv.SHOPIFY_API_VERSION.parse(undefined));
  });
});

describe('bulkQuery', () => {
  it('contains its search, because a bulk query may have no variables', () => {
    expect(bulkQuery({ range: RANGE, idsOnly: true, withoutEmail: false })).toBe(
      `{ customers(query: "customer_date:>='2026-01-01T00:00:00Z' customer_date:<'2026-02-01T00:00:00Z'") ` +
        '{ edges { node { id } } } }',
    );
    expect(bulkQuery({ range: {}, idsOnly: true, withoutEmail: false })).toBe(
      '{ customers { edges { node { id } } } }',
    );
  });
});
