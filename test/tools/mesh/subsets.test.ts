import { describe, expect, it } from 'vitest';
import type { DestinationRule } from '../../../tools/mesh/istio-objects.ts';
import { subsetFor } from '../../../tools/mesh/subsets.ts';
import { aDestinationRule } from './builders.ts';

const query = { host: 'reviews.shop.svc.cluster.local', clientNamespace: 'web', serviceNamespace: 'shop' };
const FULL = { host: query.host };

function versionOf(rules: readonly DestinationRule[], name: string): string | undefined {
  return subsetFor(rules, query, name)?.labels['version'];
}

describe('subsetFor', () => {
  it('merges several rules of one namespace for one host', () => {
    const rules = [aDestinationRule({ v1: '1' }, { name: 'users' }), aDestinationRule({ v2: '2' }, { name: 'added' })];

    expect(versionOf(rules, 'v1')).toBe('1');
    expect(versionOf(rules, 'v2')).toBe('2');
  });

  it('keeps the oldest meaning of a subset name used twice', () => {
    const rules = [
      aDestinationRule({ v1: 'new' }, { name: 'a' }),
      aDestinationRule({ v1: 'old' }, { name: 'b', age: 5 }),
    ];

    expect(versionOf(rules, 'v1')).toBe('old');
  });

  it('lets a rule in the client namespace hide those of the service namespace', () => {
    const rules = [
      aDestinationRule({ v1: '1', v2: '2' }),
      aDestinationRule({ v1: 'hidden' }, { namespace: 'web', ...FULL }),
    ];

    expect(versionOf(rules, 'v1')).toBe('hidden');
    expect(versionOf(rules, 'v2')).toBeUndefined();
  });

  it('looks in the root namespace last', () => {
    const root = aDestinationRule({ v1: 'root' }, { namespace: 'istio-system', ...FULL });

    expect(versionOf([root], 'v1')).toBe('root');
    expect(versionOf([root, aDestinationRule({ v2: '2' })], 'v1')).toBeUndefined();
  });

  it('ignores rules of a third namespace', () => {
    expect(versionOf([aDestinationRule({ v1: '1' }, { namespace: 'other', ...FULL })], 'v1')).toBeUndefined();
  });

  it('does not see a rule of the service namespace that is exported to that namespace only', () => {
    expect(versionOf([aDestinationRule({ v1: '1' }, { exportTo: ['.'] })], 'v1')).toBeUndefined();
  });

  it('does not merge rules whose exportTo differ', () => {
    const rules = [
      aDestinationRule({ v1: '1' }, { name: 'a', age: 9 }),
      aDestinationRule({ v2: '2' }, { name: 'b', exportTo: ['web'] }),
    ];

    expect(versionOf(rules, 'v1')).toBe('1');
    expect(versionOf(rules, 'v2')).toBeUndefined();
  });

  it('takes a missing exportTo and a star for the same', () => {
    const rules = [
      aDestinationRule({ v1: '1' }, { name: 'a' }),
      aDestinationRule({ v2: '2' }, { name: 'b', exportTo: ['*'] }),
    ];

    expect(versionOf(rules, 'v2')).toBe('2');
  });

  it('prefers a rule for the very host to one for a wildcard', () => {
    const rules = [
      aDestinationRule({ v1: 'wild' }, { host: '*.shop.svc.cluster.local', age: 9 }),
      aDestinationRule({ v1: '1' }),
    ];

    expect(versionOf(rules, 'v1')).toBe('1');
  });
});
