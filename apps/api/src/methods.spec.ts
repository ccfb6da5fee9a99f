import { CoreService, ImportService, PrivacyService } from '@core/contracts';
import { METHODS } from './methods.ts';

it('holds every rpc of the services once, of its own kind', () => {
  const declared = [...CoreService.methods, ...ImportService.methods, ...PrivacyService.methods];
  expect(METHODS.map(({ desc }) => desc.name).sort()).toEqual(declared.map(({ name }) => name).sort());
  for (const { desc, kind } of METHODS) {
    expect([desc.name, desc.methodKind]).toEqual([
      desc.name,
      kind === 'unary' ? 'unary' : 'server_streaming',
    ]);
  }
});

it('has a rule for every field of every request, the merchant among them', () => {
  for (const { desc, rules } of METHODS) {
    expect(Object.keys(rules).sort()).toEqual(desc.input.fields.map(({ localName }) => localName).sort());
    expect(rules).toHaveProperty('merchantId');
  }
});
