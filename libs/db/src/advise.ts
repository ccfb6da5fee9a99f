/**
 * Returns advice: the settings that an operator should check when PostgreSQL refuses an app.
 * @param password the variable of the role that logs in
 * @returns undefined for any other error of a server that answers: its own message is sufficient
 */
export function advise(error: unknown, password = 'CORE_DB_PASSWORD'): string | undefined {
  const { code = '', message = '' } = (error ?? {}) as { code?: string; message?: string };
  if (code === '28P01' || code === '28000') {
    const user = password === 'CORE_DB_PASSWORD' ? 'CORE_DB_USER and ' : '';
    return `it refuses the login, see ${user}${password}; \`npm run ops -- migrate\` sets the passwords of the roles`;
  }
  if (code === '3D000') return 'there is no such database, see CORE_DB_NAME';
  if (/^\d[0-9A-Z]{4}$/.test(code)) return undefined;
  if (/SSL|certificate/i.test(message)) return 'TLS fails, see CORE_DB_TLS';
  return 'see CORE_DB_HOST and CORE_DB_PORT';
}
