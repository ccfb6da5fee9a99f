import { mergeConfig, type Plugin } from 'vite';
import product from '../../vite.config.ts';

/** Adds a script before the console's, which removes the token from the address. */
const offerClient: Plugin = {
  name: 'offer-client',
  transformIndexHtml: {
    order: 'pre',
    handler: () => [
      {
        tag: 'script',
        attrs: { type: 'module', src: '/test/client-page/offer-client.ts' },
        injectTo: 'head-prepend',
      },
    ],
  },
};

/**
 * Builds the console with its Connect client at `window.getCustomerRFM`, for a spec that drives a page from
 * outside. Rejected: a client in the product's build, which every script of the page could then use with the
 * token of the page. Rejected: a client of the spec's own, which is not the one that merchants have.
 */
export default mergeConfig(product, { plugins: [offerClient] });
