// Run by test/console.spec.ts. The page is the console with one more script, which offers its Connect client
// as window.getCustomerRFM: see apps/console/test/client-page.
/* global Cypress, cy, it, expect */
const { link, merchantId, scored, unknown } = Cypress.env();

for (const service of ['core.v1', 'core.v1.CoreService']) {
  it(`reads a score from /${service}/GetCustomerRFM by the Connect client of the page`, () => {
    cy.intercept(`**/${service}/GetCustomerRFM*`).as('call');
    cy.visit(link);
    cy.contains('h1', 'Overview');
    cy.window()
      .then(({ getCustomerRFM }) => getCustomerRFM(service, { merchantId, customerId: scored }))
      .its('rfmScore')
      .should('include', { recency: 5, frequency: 4, monetary: 5, score: '545', segment: 'CHAMPIONS' })
      .its('sequence')
      .should((sequence) => expect(String(sequence)).to.equal('17'));
    cy.wait('@call').then(({ request, response }) => {
      expect(request.method).to.equal('GET');
      expect(response.statusCode).to.equal(200);
      expect(response.headers['content-type']).to.equal('application/proto');
    });
  });
}

it('receives the error of a customer that does not exist', () => {
  cy.visit(link);
  cy.contains('h1', 'Overview');
  cy.window()
    .then(({ getCustomerRFM }) =>
      getCustomerRFM('core.v1', { merchantId, customerId: unknown }).catch(({ message }) => message),
    )
    .should('contain', '[not_found]');
});
