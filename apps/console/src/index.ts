/** The path of the console on the HTTP port of the api. */
export const CONSOLE_PATH = '/console';
