import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mentions, type PlaceValues, readTemplate, renderTemplate } from '../../../src/domain/gates/query-template.ts';

const values: PlaceValues = {
  canary: 'checkout-4f2a',
  stable: 'checkout',
  namespace: 'shop',
  step: 2,
  weight: 25,
  windowMs: 90_000,
};

function rendered(query: string, parts: Partial<PlaceValues> = {}): string {
  const template = readTemplate(query);
  expect(template.problems).toEqual([]);
  return renderTemplate(template, { ...values, ...parts });
}

function complaints(query: string): readonly string[] {
  return readTemplate(query).problems.map(({ offset, message }) => `${offset}: ${message}`);
}

describe('a query with places', () => {
  it.each([
    ['up', 'up'],
    ['x{a="{{canary}}"}', 'x{a="checkout-4f2a"}'],
    ['x{a="{{ stable }}",b=\'{{namespace}}\'}', 'x{a="checkout",b=\'shop\'}'],
    ['x{a=~"{{canary}}-.+"}', 'x{a=~"checkout-4f2a-.+"}'],
    ['x{a!="{{stable}}",b!~"{{stable}}|z"}', 'x{a!="checkout",b!~"checkout|z"}'],
    ['x{"utf.8" = "{{canary}}"}', 'x{"utf.8" = "checkout-4f2a"}'],
    ['sum(rate(x[{{window}}]))', 'sum(rate(x[1m30s]))'],
    ['max_over_time(x[{{ window }}:15s])', 'max_over_time(x[1m30s:15s])'],
    ['x / {{weight}} * 100 + {{step}}', 'x / 25 * 100 + 2'],
    ['x{step="{{step}}",w=~"{{weight}}.*"}', 'x{step="2",w=~"25.*"}'],
    ['x # {not a place} "nor a text\n+ y{a="{{canary}}"}', 'x # {not a place} "nor a text\n+ y{a="checkout-4f2a"}'],
    [String.raw`x{a="\"{{canary}}"}`, String.raw`x{a="\"checkout-4f2a"}`],
    ['x{a=`raw \\`,b="{{canary}}"}', 'x{a=`raw \\`,b="checkout-4f2a"}'],
  ])('%s is asked as %s', (query, asked) => {
    expect(rendered(query)).toBe(asked);
  });

  it('takes a name in a pattern for itself, whatever it holds', () => {
    expect(rendered('x{a=~"{{canary}}"}', { canary: 'v1.2' })).toBe(String.raw`x{a=~"v1\\.2"}`);
    expect(rendered('x{a="{{canary}}"}', { canary: 'v1.2' })).toBe('x{a="v1.2"}');
  });

  it('says whether it asks for a value', () => {
    expect(mentions(readTemplate('x[{{window}}]'), 'window')).toBe(true);
    expect(mentions(readTemplate('x{a="{{canary}}"}'), 'window')).toBe(false);
  });
});

describe('a place is refused', () => {
  it.each([
    ['outside of quotes', 'x{a={{canary}}}', '4: {{canary}} stands outside of quotes.'],
    ['as a metric', '{{canary}}_total', '0: {{canary}} stands outside of quotes.'],
    ['in a text that is no label', 'label_replace(x, "a", "{{canary}}", "", "")', 'in a text that is no label'],
    ['in a text after an equals sign outside of braces', 'x == "{{canary}}"', 'in a text that is no label'],
    ['between backticks', 'x{a=`{{canary}}`}', 'between backticks'],
    ['in a comment', 'x # {{canary}}', 'in a comment'],
    ['as a window in a text', 'x{a="{{window}}"}', 'only as a range: [{{window}}]'],
    ['as a window that is no range', 'x offset {{window}}', 'only as a range: [{{window}}]'],
    ['as a part of a longer range', 'x[1{{window}}]', 'only as a range: [{{window}}]'],
    ['as a number within a word', 'x{{step}}', 'may not be a part of a word'],
    ['as a number before a unit', 'x offset {{weight}}m', 'may not be a part of a word'],
    ['by a wrong name', 'x{a="{{canery}}"}', 'Did you mean {{canary}}?'],
    ['by a name that is like none', 'x{a="{{cluster}}"}', 'The known ones are canary'],
    ['without its end', 'x{a="{{canary"}', 'has no }} on the same line'],
  ])('%s: %s', (_how, query, words) => {
    expect(complaints(query).join(' ')).toContain(words);
  });

  it('and so is a text over several lines, which only backticks may hold', () => {
    expect(complaints('x{a="b\n"}')).toHaveLength(2);
    expect(complaints('x{a=`b\n`}')).toEqual([]);
  });

  it('and so is a text without its end', () => {
    expect(complaints('x{a="b}')).toEqual(['4: The text that begins here with " has no end on its line.']);
  });

  it('with every other one that is wrong', () => {
    expect(complaints('{{a1b2c3}} {{canary}}')).toHaveLength(2);
  });
});

/** Quoted texts of a query, read back by Go's rules, and what is outside of them. Written apart from what it tries. */
function apart(query: string): { readonly outside: string; readonly texts: readonly string[] } {
  const texts: string[] = [];
  const outside = query.replaceAll(/"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'/gs, (_whole, double, single) => {
    const body: string = double ?? single ?? '';
    texts.push(
      body.replaceAll(/\\(u[0-9a-f]{4}|.)/gs, (_escape, code: string) =>
        code.length > 1 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : code,
      ),
    );
    return '<text>';
  });
  return { outside, texts };
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom('"', "'", '`', '\\', '\n', '}', '{', ')', '#', '$', '.', 'a', '\u0000', '\u2028'),
    maxLength: 12,
  }),
);

describe('no value', () => {
  it('gets out of its quotes, and each is read back as it was', () => {
    const query = 'sum(x{a="{{canary}}",b=\'{{stable}}\',c!="{{namespace}}"}) > 1';

    fc.assert(
      fc.property(hostile, hostile, hostile, (canary, stable, namespace) => {
        const { outside, texts } = apart(rendered(query, { canary, stable, namespace }));

        expect(outside).toBe('sum(x{a=<text>,b=<text>,c!=<text>}) > 1');
        expect(texts).toEqual([canary, stable, namespace].map((text) => text.toWellFormed()));
      }),
      { numRuns: 2_000 },
    );
  });

  it('means more than itself in a pattern', () => {
    fc.assert(
      fc.property(hostile, fc.string(), (canary, other) => {
        const { outside, texts } = apart(rendered('x{a=~"{{canary}}"}', { canary }));

        expect(outside).toBe('x{a=~<text>}');
        const pattern = new RegExp(`^(?:${texts[0]})$`, 's');
        expect(pattern.test(canary.toWellFormed())).toBe(true);
        if (other !== canary.toWellFormed()) expect(pattern.test(other)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gets out of a template that was taken for good, however odd it is', () => {
    const piece = fc.constantFrom(
      '{{canary}}',
      '"',
      "'",
      '`',
      '=',
      '=~',
      '{',
      '}',
      '\\',
      '#',
      '\n',
      'x',
      '[',
      ']',
      ' ',
    );
    const around = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''));
    const core = fc
      .tuple(fc.constantFrom('=', '=~', '!=', '!~', '=='), fc.constantFrom('"', "'", '`', '#'), piece, piece)
      .map(([operator, quote, before, after]) => `{a${operator}${quote}${before}{{canary}}${after}${quote}`);
    let tried = 0;

    fc.assert(
      fc.property(around, core, around, hostile, (before, middle, after, canary) => {
        const template = readTemplate(`${before}${middle}${after}`);
        if (template.problems.length > 0) return;
        tried += 1;
        const plain = bones(renderTemplate(template, { ...values, canary: 'name' }));
        const other = bones(renderTemplate(template, { ...values, canary }));
        expect(other).toBe(plain);
      }),
      { numRuns: 10_000 },
    );
    expect(tried).toBeGreaterThan(200);
  });
});

/** A query without its comments and the texts in it, but for those between backticks. */
function bones(query: string): string {
  return query.replaceAll(/`[^`]*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|#[^\n]*/gs, (piece) =>
    piece.startsWith('#') ? '' : piece.startsWith('`') ? piece : '<text>',
  );
}
