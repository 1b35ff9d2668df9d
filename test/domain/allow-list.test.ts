// Which addresses may be spoken to.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AllowedOrigin, isAllowed, readOrigin } from '../../src/domain/allow-list.ts';

function originsOf(...texts: string[]): readonly AllowedOrigin[] {
  return texts.map((text) => {
    const read = readOrigin(text);
    if ('wrong' in read) throw new Error(`${text}, ${read.wrong}`);
    return read.value;
  });
}

function allows(list: readonly string[], url: string): boolean {
  return isAllowed(new URL(url), originsOf(...list));
}

const hosts = fc.constantFrom(
  'hooks.example.com',
  'example.com',
  'a.hooks.example.com',
  'evil.test',
  '127.0.0.1',
  '[::1]',
);
const urls = fc
  .tuple(
    fc.constantFrom('https', 'http'),
    hosts,
    fc.constantFrom('', ':443', ':80', ':8443'),
    fc.constantFrom('', '/x?y'),
  )
  .map(([scheme, host, port, path]) => `${scheme}://${host}${port}${path}`);

describe('a list of addresses', () => {
  it.each([
    ['https://hooks.example.com', 'https://hooks.example.com/serin?a=b'],
    ['https://hooks.example.com/', 'https://hooks.example.com:443/'],
    ['https://Hooks.Example.com', 'https://hooks.example.COM/x'],
    ['https://hooks.example.com:8443', 'https://hooks.example.com:8443/x'],
    ['http://receiver.shop.svc:8080', 'http://receiver.shop.svc:8080/x'],
    ['http://127.0.0.1:9000', 'http://127.0.0.1:9000/x'],
    ['http://[::1]:9000', 'http://[::1]:9000/x'],
    ['https://*.example.com', 'https://hooks.example.com/x'],
    ['https://*.example.com', 'https://a.b.example.com/x'],
    ['https://bücher.example', 'https://xn--bcher-kva.example/x'],
  ])('of %s lets %s through', (origin, url) => {
    expect(allows([origin], url)).toBe(true);
  });

  it.each([
    ['https://hooks.example.com', 'http://hooks.example.com/'],
    ['https://hooks.example.com', 'https://hooks.example.com:8443/'],
    ['https://hooks.example.com', 'https://evil.example.com/'],
    ['https://hooks.example.com', 'https://hooks.example.com.evil.test/'],
    ['https://hooks.example.com', 'https://hooks.example.com@evil.test/'],
    ['https://hooks.example.com', 'https://user:pass@hooks.example.com/'],
    ['https://hooks.example.com', 'https://hooks.example.com./'],
    ['https://*.example.com', 'https://example.com/'],
    ['https://*.example.com', 'https://.example.com/'],
    ['https://*.example.com', 'https://evilexample.com/'],
    ['https://*.example.com', 'https://hooks.example.com:8443/'],
    ['http://127.0.0.1:9000', 'http://127.0.0.1/'],
    ['https://hooks.example.com', 'http://169.254.169.254/latest/meta-data'],
  ])('of %s does not let %s through', (origin, url) => {
    expect(allows([origin], url)).toBe(false);
  });

  it('lets nothing through while it is empty', () => {
    fc.assert(
      fc.property(urls, (url) => {
        expect(isAllowed(new URL(url), [])).toBe(false);
      }),
    );
  });

  it('of one origin lets exactly the URLs of that origin through', () => {
    fc.assert(
      fc.property(urls, urls, (mine, other) => {
        const { origin } = new URL(mine);

        expect(allows([origin], mine)).toBe(true);
        expect(allows([origin], other)).toBe(new URL(other).origin === origin);
      }),
    );
  });
});

describe('an address on the list', () => {
  it.each([
    ['hooks.example.com', 'no origin'],
    ['ftp://hooks.example.com', 'no origin'],
    ['https://hooks.example.com/path', 'no origin'],
    ['https://hooks.example.com?x', 'no origin'],
    ['https://user@hooks.example.com', 'no origin'],
    ['https://', 'no origin'],
    ['https://hooks.*.com', 'no origin'],
    ['*', 'no origin'],
    ['https://*', 'no origin'],
    ['https://*.com', 'whose star stands for too much'],
    ['https://*.10.0.0.1', 'whose star stands for too much'],
    ['http://*.example.com', 'in the clear'],
  ])('is not %s, %s', (text, why) => {
    const read = readOrigin(text);

    expect('wrong' in read ? read.wrong : 'read').toContain(why);
  });
});
