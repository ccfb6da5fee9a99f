import { create, toBinary, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import type { Page } from 'playwright-core';

/** Answers an rpc in place of the api, whose own rules would refuse most of these texts. */
export const answer = <T extends DescMessage>(
  page: Page,
  rpc: string,
  schema: T,
  message: MessageInitShape<T>,
) =>
  page.route(new RegExp(`/${rpc}(?:[?]|$)`), (route) =>
    route.fulfill({
      contentType: 'application/proto',
      body: Buffer.from(toBinary(schema, create(schema, message))),
    }),
  );

/** Returns the elements of the document by their tags; nothing that a text could bring may be among them. */
export const tagsOf = (page: Page) =>
  page.evaluate(() => [
    ...new Set([...document.querySelectorAll('*')].map(({ tagName }) => tagName.toLowerCase())),
  ]);
