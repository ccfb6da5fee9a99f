/** The condition of a run that importers work on. A paused one is among them: trying is how it learns that it may go on. */
export const UNDER_WAY = "status in ('running', 'paused')";
