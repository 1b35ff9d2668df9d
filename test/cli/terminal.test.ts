import { describe, expect, it } from 'vitest';
import { screenOf, type Terminal } from '../../src/cli/terminal.ts';
import { fitting, widthOf } from '../../src/cli/width.ts';

function screen(parts: Partial<Terminal>) {
  const written: string[] = [];
  const told: string[] = [];
  const terminal = {
    out: (text: string) => void written.push(text),
    err: (text: string) => void told.push(text),
    interactive: true,
    colour: false,
    columns: 10,
    unicode: true,
    ...parts,
  };
  return { written, told, terminal, drawn: screenOf(terminal) };
}

describe('a screen that is drawn over itself', () => {
  it('holds no more lines than it has, so that it can be drawn over again', () => {
    const { written, drawn } = screen({ rows: 4, columns: 80 });

    drawn.draw(['1', '2', '3', '4', '5']);
    drawn.draw(['1', '2', '3']);

    expect(written).toEqual([
      frame('\u001b[?25l', '1\u001b[K\n2\u001b[K\n(3 more lines: make the window higher)\u001b[K\n'),
      frame('\u001b[3F', '1\u001b[K\n2\u001b[K\n3\u001b[K\n'),
    ]);
  });

  it('is written once a frame, and not at all where nothing has changed', () => {
    const { written, drawn } = screen({});

    drawn.draw(['one', 'two']);
    drawn.draw(['one', 'two']);
    drawn.draw(['one']);

    expect(written).toHaveLength(2);
    expect(written[1]).toBe(frame('\u001b[2F', 'one\u001b[K\n'));
  });

  it('is wiped when its width has changed', () => {
    const { written, drawn, terminal } = screen({});

    drawn.draw(['one']);
    terminal.columns = 20;
    drawn.draw(['one']);

    expect(written[1]).toBe(frame('\u001b[2J\u001b[H', 'one\u001b[K\n'));
  });

  it('cuts lines with a letter that arrives, between letters, and leaves the last one of a full line', () => {
    const ascii = screen({ unicode: false });
    const wide = screen({});

    ascii.drawn.draw(['twelve letters']);
    wide.drawn.draw(['漢字漢字漢字', '漢字漢字漢']);

    expect(ascii.written).toEqual([frame('\u001b[?25l', 'twelve le>\n')]);
    expect(wide.written).toEqual([frame('\u001b[?25l', '漢字漢字…\u001b[K\n漢字漢字漢\n')]);
  });

  it('makes room for narration, and gives the cursor back once', () => {
    const { written, drawn, told } = screen({});

    drawn.draw(['one']);
    drawn.say('No answer.\n');
    drawn.draw(['one']);
    drawn.leave();
    drawn.leave();

    expect(told).toEqual(['No answer.\n']);
    expect(written.slice(1)).toEqual(['\u001b[1F\u001b[0J', frame('', 'one\u001b[K\n'), '\r\u001b[K\u001b[?25h']);
  });
});

/** A frame as it is written: held until it is whole, and nothing left below it. */
function frame(begin: string, lines: string): string {
  return `\u001b[?2026h${begin}${lines}\u001b[0J\u001b[?2026l`;
}

describe('the width of a text', () => {
  it.each([
    ['plain', 5],
    ['é', 1],
    ['漢字', 4],
    ['ﾊﾝｶｸ', 4],
    ['ＡＢ', 4],
    ['👩‍👩‍👧', 2],
    ['🇩🇪!', 3],
    ['✓●○→…', 5],
    ['', 0],
  ])('of %s is %d columns', (text, columns) => {
    expect(widthOf(text)).toBe(columns);
    expect(fitting(text, columns)).toBe(text);
    expect(widthOf(fitting(text, columns - 1))).toBeLessThan(Math.max(1, columns));
  });
});
