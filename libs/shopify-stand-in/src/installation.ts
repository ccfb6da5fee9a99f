/** The installation of the app in one shop. */
export interface Installation {
  installed: boolean;
  /** Rises with each installation. 0: never installed. */
  number: number;
  /** The granted scopes, by handle. */
  scopes: string[];
  /** The time of the last uninstall. */
  uninstalledMs: number | undefined;
}

export const createInstallation = (installed: boolean): Installation => ({
  installed,
  number: installed ? 1 : 0,
  scopes: ['read_customers'],
  uninstalledMs: undefined,
});

/** Makes it as if the app was never installed, except that the next installation has a new number. */
export function forgetInstallation(installation: Installation): void {
  Object.assign(installation, { ...createInstallation(false), number: installation.number });
}

export function beginInstallation(installation: Installation, scopes: string[]): void {
  installation.installed = true;
  installation.number += 1;
  installation.scopes = scopes;
}
