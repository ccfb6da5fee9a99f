/**
 * Sets of ids of one run ($2) as common table expressions; `id` is the number of gid://shopify/Customer/7.
 *
 * They are compared by except and intersect, never joined: of a shop that has just been read the statistics know
 * nothing, and a join planned for one row scans the whole set for each of a hundred thousand.
 *
 * seen: whom the run has read. What a verify slice still has to ask for is not among them.
 */
export const SEEN = `seen as materialized (
  select distinct unnest(i.ids) as id
    from customer_import_ids i
    join customer_import_slices s on s.import_id = i.import_id and s.slice = i.slice
   where i.merchant_id = $1 and i.import_id = $2
     and (s.kind in ('read', 'reconcile') or (s.kind = 'verify' and i.page < s.page)))`;

/** listed: whom the shop listed when it was asked for ids alone. */
export const LISTED = `listed as (
  select distinct unnest(i.ids) as id
    from customer_import_ids i
    join customer_import_slices s on s.import_id = i.import_id and s.slice = i.slice
   where i.merchant_id = $1 and i.import_id = $2 and s.kind = 'ids')`;
