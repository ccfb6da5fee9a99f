import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { PRIVACY_TOPICS, SUBSCRIBED_TOPICS } from '@core/domain';
import { IMPORT_SCOPES, SEGMENT_SCOPES, shopifyEnv } from '@core/shopify';
import { workspaceRoot } from '@core/testing';
import { importExport } from '../src/documents/import-export.ts';

// Shopify sends webhooks and merchants by the app's configuration. A topic, scope or address that differs
// from the code shows only in a real shop: a webhook never arrives, or the merchant sees an error of Shopify.

interface AppConfiguration {
  name: string;
  client_id: string;
  application_url: string;
  embedded: boolean;
  access_scopes: { scopes: string; optional_scopes: string[]; use_legacy_install_flow: boolean };
  auth: { redirect_urls: string[] };
  webhooks: {
    api_version: string;
    subscriptions: { topics?: string[]; compliance_topics?: string[]; uri: string }[];
  };
}

const root = workspaceRoot();
const app = parse(
  readFileSync(join(root, 'infra/shopify/shopify.app.toml'), 'utf8'),
) as unknown as AppConfiguration;
const { subscriptions } = app.webhooks;
const ofApi = (file: string, name: string) => importExport<string>(root, `apps/api/src/${file}`, name);
const { origin } = new URL(app.application_url);

it('opens the app and returns merchants at the addresses that the api serves, over https', async () => {
  expect(origin).toMatch(/^https:/);
  expect(app.application_url).toBe(`${origin}${await ofApi('install/paths.ts', 'APP_PATH')}`);
  expect(app.auth.redirect_urls).toEqual([`${origin}${await ofApi('install/paths.ts', 'CALLBACK_PATH')}`]);
});

it('opens the app in the shop’s admin, where its page gets the session token', () =>
  expect(app.embedded).toBe(true));

it('asks for the scopes that imports need, and can ask for those of segments later, without the legacy flow, which ignores the list', () => {
  expect(app.access_scopes).toEqual({
    scopes: IMPORT_SCOPES.join(','),
    optional_scopes: SEGMENT_SCOPES.filter((scope) => !IMPORT_SCOPES.includes(scope)),
    use_legacy_install_flow: false,
  });
});

it('subscribes to each topic that the code handles once, and to no other', () => {
  const topics = subscriptions.flatMap(({ topics = [] }) => topics);
  const compliance = subscriptions.flatMap(({ compliance_topics = [] }) => compliance_topics);
  expect(topics.sort()).toEqual([...SUBSCRIBED_TOPICS].sort());
  expect(compliance.sort()).toEqual([...PRIVACY_TOPICS].sort());
});

it('has no subscription with both kinds of topics, which Shopify’s CLI has refused', () => {
  const both = subscriptions.filter(({ topics, compliance_topics }) => topics && compliance_topics);
  expect(both).toEqual([]);
});

it('sends every webhook to the address that the api serves', async () => {
  const address = `${origin}${await ofApi('http/webhooks/path.ts', 'SHOPIFY_WEBHOOKS')}`;
  expect(new Set(subscriptions.map(({ uri }) => uri))).toEqual(new Set([address]));
});

it('receives webhooks of the version in which the service calls the Admin API', () =>
  expect(app.webhooks.api_version).toBe(shopifyEnv.SHOPIFY_API_VERSION.parse(undefined)));

it('contains no app of anyone', () => expect(app.client_id).toBe('<client id>'));
