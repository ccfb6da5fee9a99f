import { requireScope, unsupported } from '../context.ts';
import type { Context } from '../context.ts';
import { isReserved, touch, userError, WRITE_SCOPE } from './inputs.ts';
import { fullNamespace } from './store.ts';
import type { Metafield } from './store.ts';

interface SetInput {
  ownerId: string;
  namespace?: string | null;
  key: string;
  value: string;
  type?: string | null;
  compareDigest?: string | null;
}

const MOST = 25;
/** The only type that is implemented. */
const TYPE = 'single_line_text_field';

/** Source: shopify.dev/docs/api/admin-graphql/latest/mutations/metafieldsSet. */
export function metafieldsSet({ metafields: inputs }: { metafields: SetInput[] }, context: Context) {
  const { shop } = context;
  requireScope(context, 'metafieldsSet', WRITE_SCOPE);
  shop.count('metafieldMutations');
  const { broken } = shop.rules;
  if (broken('metafields-most', inputs.length > MOST)) {
    return refuse([
      userError(
        ['metafields'],
        'LESS_THAN_OR_EQUAL_TO',
        `Exceeded the maximum metafields input limit of ${MOST}.`,
      ),
    ]);
  }
  const checked = inputs.map((input, index) => checkInput(input, index, context));
  const errors = checked.flatMap(({ error }) => error ?? []);
  if (broken('metafields-atomic', errors.length > 0)) return refuse(errors);
  for (const { metafield, error } of checked) {
    if (error) continue;
    shop.metafields.set(metafield);
    shop.count('metafieldsSet');
  }
  touch(
    checked.map(({ metafield }) => metafield.ownerId),
    context,
  );
  return { metafields: checked.map(({ metafield }) => view(metafield)), userErrors: errors };
}

const refuse = (userErrors: ReturnType<typeof userError>[]) => ({ metafields: null, userErrors });

function checkInput(input: SetInput, index: number, context: Context) {
  const { shop } = context;
  const { broken } = shop.rules;
  const { ownerId, key, value, type } = input;
  if (input.compareDigest !== undefined) throw unsupported(context, 'compareDigest of metafieldsSet');
  if (!ownerId.startsWith('gid://shopify/Customer/'))
    throw unsupported(context, 'metafields of owners other than customers');
  const namespace = fullNamespace(input.namespace, shop.app.config().clientId);
  const metafield: Metafield = { ownerId, namespace, key, value };
  const failed = (field: string, code: string, message: string) => ({
    metafield,
    error: userError(['metafields', String(index), field], code, message, index),
  });
  const isForeign = isReserved(namespace) && namespace !== fullNamespace('$app', shop.app.config().clientId);
  if (broken('metafield-namespace', isForeign))
    return failed('namespace', 'APP_NOT_AUTHORIZED', 'Access to this namespace and key is not allowed.');
  const known = shop.metafields.definition({ namespace, key })?.type ?? type;
  if (broken('metafield-type', !known)) return failed('type', 'BLANK', "Type can't be blank");
  if (known && known !== TYPE) throw unsupported(context, `metafields of the type ${known}`);
  if (broken('metafield-value', value === '' || /[\r\n]/.test(value)))
    return failed('value', 'INVALID_VALUE', 'Value must be a single line text string.');
  if (broken('metafield-owner', !shop.find(ownerId)))
    return failed('ownerId', 'INVALID', 'Owner does not exist.');
  return { metafield, error: undefined };
}

const view = (metafield: Metafield) => ({ __typename: 'Metafield', ...metafield, type: TYPE });
