/** Returns the environment variables from which every program here reads PostgreSQL's address and login. */
export function databaseEnvironment(url: string): Record<string, string> {
  const { hostname, port, pathname, username, password } = new URL(url);
  return {
    CORE_DB_HOST: hostname,
    CORE_DB_PORT: port,
    CORE_DB_NAME: pathname.slice(1),
    CORE_DB_USER: username,
    CORE_DB_PASSWORD: decodeURIComponent(password),
  };
}
