import { parse } from 'graphql';
import type { FieldNode, OperationDefinitionNode } from 'graphql';
import { compileSelection, nodeOf, UnsupportedSelection } from './projection.ts';

const node = (selection: string) => {
  const { definitions } = parse(`{ customers { edges { node { ${selection} } } } }`);
  const [root] = (definitions[0] as OperationDefinitionNode).selectionSet.selections;
  return nodeOf(root as FieldNode);
};

describe('compileSelection', () => {
  it('selects, renames and descends, in the order of the selection', () => {
    const project = compileSelection(node('tags mail: email money: amountSpent { amount }'));
    const row = { email: 'a@example.com', tags: ['x'], amountSpent: { amount: '1.00', currencyCode: 'EUR' } };
    expect(JSON.stringify(project(row))).toBe(
      '{"tags":["x"],"mail":"a@example.com","money":{"amount":"1.00"}}',
    );
    expect(project({ ...row, amountSpent: null })['money']).toBeNull();
  });

  it('throws instead of returning null for missing data', () => {
    expect(() => compileSelection(node('note'))({})).toThrow(UnsupportedSelection);
    expect(() => compileSelection(node('... on Customer { id }'))).toThrow(UnsupportedSelection);
    expect(() => compileSelection(node('id @skip(if: true)'))).toThrow(UnsupportedSelection);
  });
});
