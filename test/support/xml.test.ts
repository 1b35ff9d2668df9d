import { expect, it } from 'vitest';
import { elementsOf } from './xml.ts';

const head = '<?xml version="1.0" encoding="UTF-8"?>\n';

it('reads elements, where they stand, and what their attributes mean', () => {
  expect(elementsOf(`${head}<a x="1 &lt; 2">text &amp; more<b y="&quot;"/></a>\n`)).toEqual([
    { name: 'a', within: [], attributes: { x: '1 < 2' } },
    { name: 'b', within: ['a'], attributes: { y: '"' } },
  ]);
});

it.each([
  '<a>',
  '<a></b>',
  '<a x=1/>',
  '<a x="<"/>',
  '<a x="1" x="2"/>',
  '<a>&nbsp;</a>',
  '<a>a & b</a>',
  '<a/><b/>',
  'text<a/>',
  '<a>\u0007</a>',
])('does not take %j for XML', (document) => {
  expect(() => elementsOf(head + document)).toThrow();
});
