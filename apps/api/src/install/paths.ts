/** The address of the app in its configuration: `application_url` of shopify.app.toml. */
export const APP_PATH = '/shopify';
/** The address to which Shopify returns a merchant who has approved the app. */
export const CALLBACK_PATH = '/shopify/callback';
