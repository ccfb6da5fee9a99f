module.exports = {
  e2e: { specPattern: '*.cy.cjs', supportFile: false },
  // Otherwise Cypress removes the policy of the page, with which the page must work.
  experimentalCspAllowList: true,
  screenshotOnRunFailure: false,
  // No limit of the machine's speed: the spec that starts Cypress has the limit of the whole run.
  defaultCommandTimeout: 120_000,
  pageLoadTimeout: 120_000,
};
