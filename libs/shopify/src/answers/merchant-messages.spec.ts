import * as messages from './merchant-messages.ts';

const { SHOP_STATE, withoutResume } = messages;

it.each([
  ...Object.values(SHOP_STATE),
  messages.DENIED_DATA,
  messages.DENIED_EMAIL,
  messages.DENIED_SCOPE,
  messages.INACTIVE,
  messages.refusalMessage(418),
  messages.renamedTo('b.myshopify.com'),
])('says nothing about an import where there is none: %s', (message) => {
  expect(message).toMatch(/resume the import/i);
  expect(withoutResume(message)).not.toMatch(/import/i);
  expect(withoutResume(message)).toMatch(/[\w)]\.$/);
});
