import { describe, expect, it } from 'vitest';
import { screenOf, type Terminal } from '../../src/cli/terminal.ts';

function screen(parts: Partial<Terminal>) {
  const written: string[] = [];
  const terminal = {
    out: (text: string) => void written.push(text),
    err: () => undefined,
    interactive: true,
    colour: false,
    columns: 10,
    unicode: true,
    ...parts,
  };
  return { written, terminal, drawn: screenOf(terminal) };
}

describe('a screen that is drawn over itself', () => {
  it('holds no more lines than it has, so that it can be drawn over again', () => {
    const { written, drawn } = screen({ rows: 4, columns: 80 });

    drawn.draw(['1', '2', '3', '4', '5']);
    drawn.draw(['1', '2', '3']);

    expect(written).toEqual(['1\n2\n(3 more lines: make the window higher)\n', '\u001b[3F\u001b[0J1\n2\n3\n']);
  });

  it('is wiped when its width has changed', () => {
    const { written, drawn, terminal } = screen({});

    drawn.draw(['one']);
    terminal.columns = 20;
    drawn.draw(['two']);

    expect(written[1]).toBe('\u001b[2J\u001b[Htwo\n');
  });

  it('cuts lines with a letter that arrives', () => {
    const { written, drawn } = screen({ unicode: false });

    drawn.draw(['twelve letters']);

    expect(written).toEqual(['twelve le>\n']);
  });
});
