import { CoreService } from '@core/contracts';
import { ALIASES, pathOf, pathsOf, withoutAlias } from './paths.ts';

it("serves the literal paths in the plan beside the methods' own", () => {
  expect(pathsOf(CoreService.method.getCustomerRFM)).toEqual([
    '/core.v1.CoreService/GetCustomerRFM',
    '/core.v1/GetCustomerRFM',
  ]);
  expect(pathsOf(CoreService.method.getCustomer)).toEqual(['/core.v1.CoreService/GetCustomer']);
});

it('has no alias that hides a method', () => {
  const own = new Set(Object.values(CoreService.method).map(pathOf));
  expect(Object.keys(ALIASES).filter((alias) => own.has(alias))).toEqual([]);
});

it.each([
  ['/core.v1/CreateCustomer', '/core.v1.CoreService/CreateCustomer'],
  ['/core.v1/GetCustomerRFM?connect=v1', '/core.v1.CoreService/GetCustomerRFM?connect=v1'],
  ['/core.v1.CoreService/GetCustomer', '/core.v1.CoreService/GetCustomer'],
  ['/core.v1/GetCustomer', '/core.v1/GetCustomer'],
  ['/core.v1/CreateCustomer/', '/core.v1/CreateCustomer/'],
  ['toString', 'toString'],
  ['', ''],
])('reads %s as %s', (url, expected) => expect(withoutAlias(url)).toBe(expected));
