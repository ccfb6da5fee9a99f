const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Reads what a person has typed: our own id, or the id in Shopify in any of its forms. */
export function personOf(text: string): { customerId: string } | { externalId: string } | undefined {
  const id = text.trim();
  if (id === '') return undefined;
  return UUID.test(id) ? { customerId: id } : { externalId: id };
}
