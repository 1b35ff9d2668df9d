// The examples of RFC 6902, appendix A, for the four operations.
import { describe, expect, it } from 'vitest';
import { type Operation, patched } from '../../../src/adapters/memory/json-patch.ts';

describe('a JSON Patch', () => {
  it.each<[string, unknown, Operation, unknown]>([
    ['A.1 adds a member', { foo: 'bar' }, { op: 'add', path: '/baz', value: 'qux' }, { foo: 'bar', baz: 'qux' }],
    [
      'A.2 adds an element',
      { foo: ['bar', 'baz'] },
      { op: 'add', path: '/foo/1', value: 'qux' },
      { foo: ['bar', 'qux', 'baz'] },
    ],
    ['A.3 removes a member', { baz: 'qux', foo: 'bar' }, { op: 'remove', path: '/baz' }, { foo: 'bar' }],
    [
      'A.4 removes an element',
      { foo: ['bar', 'qux', 'baz'] },
      { op: 'remove', path: '/foo/1' },
      { foo: ['bar', 'baz'] },
    ],
    [
      'A.5 replaces a value',
      { baz: 'qux', foo: 'bar' },
      { op: 'replace', path: '/baz', value: 'boo' },
      { baz: 'boo', foo: 'bar' },
    ],
    ['A.8 tests a value', { baz: 'qux' }, { op: 'test', path: '/baz', value: 'qux' }, { baz: 'qux' }],
    ['A.9 fails a test', { baz: 'qux' }, { op: 'test', path: '/baz', value: 'bar' }, undefined],
    [
      'A.10 adds a nested object',
      { foo: 'bar' },
      { op: 'add', path: '/child', value: { grandchild: {} } },
      { foo: 'bar', child: { grandchild: {} } },
    ],
    ['A.12 adds to what does not exist', { foo: 'bar' }, { op: 'add', path: '/baz/bat', value: 'qux' }, undefined],
    ['A.14 unescapes ~', { '/': 9, '~1': 10 }, { op: 'test', path: '/~01', value: 10 }, { '/': 9, '~1': 10 }],
    ['A.15 compares strings and numbers', { '/': 9, '~1': 10 }, { op: 'test', path: '/~01', value: '10' }, undefined],
    [
      'A.16 adds at the end',
      { foo: ['bar'] },
      { op: 'add', path: '/foo/-', value: ['abc', 'def'] },
      { foo: ['bar', ['abc', 'def']] },
    ],
    ['removes nothing that is not there', { foo: 1 }, { op: 'remove', path: '/bar' }, undefined],
    ['replaces nothing that is not there', { foo: [1] }, { op: 'replace', path: '/foo/1', value: 2 }, undefined],
    ['adds no element beyond the end', { foo: [1] }, { op: 'add', path: '/foo/3', value: 2 }, undefined],
    [
      'compares objects whatever the order of keys',
      { a: { b: 1, c: 2 } },
      { op: 'test', path: '/a', value: { c: 2, b: 1 } },
      { a: { b: 1, c: 2 } },
    ],
  ])('%s', (_what, document, operation, outcome) => {
    expect(patched(document, [operation])).toEqual(outcome);
  });

  it('leaves the document as it is, and does nothing when one operation fails', () => {
    const document = { list: [1, 2] };

    const outcome = patched(document, [
      { op: 'remove', path: '/list/0' },
      { op: 'test', path: '/list/0', value: 1 },
    ]);

    expect(outcome).toBeUndefined();
    expect(document).toEqual({ list: [1, 2] });
  });
});
