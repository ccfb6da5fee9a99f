/** The credentials of the one app that the stand-in plays; webhooks are signed with the secret. DEV ONLY. */
export const DEV_CLIENT_ID = 'dev-client-id';
export const DEV_CLIENT_SECRET = 'dev-client-secret';
