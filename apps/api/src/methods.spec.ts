import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt';
import { CoreService, ImportService, PrivacyService, ShopService } from '@core/contracts';
import { METHODS } from './methods.ts';

it('contains every rpc of the services once, with its kind', () => {
  const services = [CoreService, ImportService, ShopService, PrivacyService];
  const declared = services.flatMap(({ methods }) => methods);
  expect(METHODS.map(({ desc }) => desc.name).sort()).toEqual(declared.map(({ name }) => name).sort());
  for (const { desc, kind } of METHODS) {
    expect([desc.name, desc.methodKind]).toEqual([
      desc.name,
      kind === 'unary' ? 'unary' : 'server_streaming',
    ]);
  }
});

it('has a rule for every field of every request, including the merchant', () => {
  for (const { desc, rules } of METHODS) {
    expect(Object.keys(rules).sort()).toEqual(desc.input.fields.map(({ localName }) => localName).sort());
    expect(rules).toHaveProperty('merchantId');
  }
});

it('charges a list page one call for every ten rows', () => {
  const lists = METHODS.filter(({ desc }) =>
    desc.input.fields.some(({ localName }) => localName === 'pageSize'),
  );
  expect(lists.length).toBeGreaterThan(3);
  for (const { calls } of lists) {
    const of = (pageSize: number) => calls?.({ pageSize } as never);
    expect([of(0), of(50), of(1_000)]).toEqual([10, 5, 100]);
  }
});

// A client sends rpcs without side effects by GET, so their requests are in a URL.
it('declares every read free of side effects, except those whose request must not be a URL', () => {
  // An email, and settings of up to 64 KiB.
  const neverInUrl = ['FindCustomerByEmail', 'PreviewProgramSettings'];
  const expected = (name: string) => {
    if (neverInUrl.includes(name)) return Level.IDEMPOTENT;
    return /^(Get|BatchGet|List|Watch)[A-Z]/.test(name) ? Level.NO_SIDE_EFFECTS : Level.IDEMPOTENCY_UNKNOWN;
  };
  for (const { desc } of METHODS) {
    expect([desc.name, Level[desc.idempotency]]).toEqual([desc.name, Level[expected(desc.name)]]);
  }
  const emails = METHODS.filter(({ desc }) => desc.input.fields.some(({ name }) => name === 'email'));
  for (const { desc } of emails) expect(desc.idempotency).not.toBe(Level.NO_SIDE_EFFECTS);
});
