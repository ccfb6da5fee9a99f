export { assign, bare, excluded, insertSelect, insertValues, type Values } from './assign.ts';
export { columns, elementAt, indexIn, ONE, oneOf, type Fields, type RowOf, type Shape } from './columns.ts';
export { CROSSES_MERCHANTS, type CrossesMerchants } from './crosses-merchants.ts';
export {
  bool,
  bytes,
  float8,
  instantOf,
  int,
  int8,
  json,
  limit,
  many,
  nullable,
  text,
  type Kind,
  type Placeholders,
} from './parameters.ts';
export { compileShapes, pickParams, perShape } from './per-shape.ts';
export { functionCall, numberedUnnest, relation, unnest, withFields, type Relation } from './relation.ts';
export {
  build,
  returning,
  statement,
  statements,
  type Parameters,
  type Returning,
  type Statement,
} from './statement.ts';
