/** The credentials of the stand-in's single app. Webhooks are signed with the secret. DEV ONLY. */
export const DEV_CLIENT_ID = 'dev-client-id';
export const DEV_CLIENT_SECRET = 'dev-client-secret';
