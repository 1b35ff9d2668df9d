import { describe, expect, it } from 'vitest';
import { disownPatch, isOwned, lastWriter } from '../../../src/adapters/istio/ownership.ts';
import { aVirtualService } from './objects.ts';

const spec = { 'f:spec': { 'f:http': {} } };
const claim = { 'f:metadata': { 'f:annotations': { 'f:serin.dev/claim': {} } } };

function entry(manager: string, fieldsV1: Record<string, unknown> = spec, time = '2026-01-05T09:00:00Z'): object {
  return { manager, operation: 'Update', apiVersion: 'networking.istio.io/v1', fieldsType: 'FieldsV1', fieldsV1, time };
}

describe('the owner of fields', () => {
  it('is Serin when an entry says so, and nobody else of a like name', () => {
    expect(isOwned(aVirtualService({ managedFields: [entry('kubectl'), entry('serin', claim)] }))).toBe(true);
    expect(isOwned(aVirtualService({ managedFields: [entry('serin-tools')] }))).toBe(false);
    expect(isOwned(aVirtualService())).toBe(false);
  });

  it('that wrote the routes last is the newest that holds them, besides Serin', () => {
    const managedFields = [
      entry('helm', spec, '2026-01-05T09:00:02Z'),
      entry('kubectl-edit', spec, '2026-01-05T09:00:01Z'),
      entry('exporter', { 'f:spec': { 'f:exportTo': {} } }, '2026-01-05T09:00:03Z'),
      entry('labeller', { 'f:metadata': {} }, '2026-01-05T09:00:03Z'),
      entry('serin', spec, '2026-01-05T09:00:04Z'),
    ];

    expect(lastWriter(aVirtualService({ managedFields }), 'http')).toBe('helm');
    expect(lastWriter(aVirtualService({ managedFields }), 'tcp')).toBeUndefined();
    expect(lastWriter(aVirtualService({ managedFields: [entry('serin')] }), 'http')).toBeUndefined();
  });
});

describe('giving fields back', () => {
  it('puts back the entries there were before the write, without any of Serin', () => {
    const before = aVirtualService({ managedFields: [entry('kubectl'), entry('serin', claim)] }).metadata.managedFields;
    const managedFields = [entry('kubectl', {}), entry('serin')];

    expect(disownPatch(aVirtualService({ managedFields }), before)).toEqual([
      { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
      { op: 'replace', path: '/metadata/managedFields', value: [entry('kubectl')] },
    ]);
  });

  it('takes away every entry of Serin, from the back, testing whose each is', () => {
    const managedFields = [entry('serin', claim), entry('kubectl'), entry('serin')];

    expect(disownPatch(aVirtualService({ managedFields }))).toEqual([
      { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
      { op: 'test', path: '/metadata/managedFields/2/manager', value: 'serin' },
      { op: 'remove', path: '/metadata/managedFields/2' },
      { op: 'test', path: '/metadata/managedFields/0/manager', value: 'serin' },
      { op: 'remove', path: '/metadata/managedFields/0' },
    ]);
  });

  it('leaves an entry that owns nothing where Serin has the only one', () => {
    expect(disownPatch(aVirtualService({ managedFields: [entry('serin')] }))?.at(1)).toEqual({
      op: 'add',
      path: '/metadata/managedFields/-',
      value: {
        manager: 'unowned',
        operation: 'Update',
        apiVersion: 'networking.istio.io/v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { '.': {} } },
      },
    });
  });

  it('writes nothing when nothing is owned', () => {
    expect(disownPatch(aVirtualService({ managedFields: [entry('kubectl')] }))).toBeUndefined();
  });
});
