// How figures are written down: sections of tables and sentences, as Markdown that also reads well in a terminal.

/** Figures of one kind. Every row has a cell for each column. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** What one benchmark has to say. */
export interface Section {
  readonly title: string;
  /** How it was measured, in one sentence or two. */
  readonly how: string;
  readonly tables: readonly Table[];
}

/** The section as Markdown, tables padded so that their columns line up. */
export function textOf({ title, how, tables }: Section): string {
  return [`## ${title}`, how, ...tables.map(tableText)].join('\n\n');
}

function tableText({ columns, rows }: Table): string {
  const cells = [columns, ...rows.map((row) => row.map(cellText))];
  const widths = columns.map((_, index) => Math.max(3, ...cells.map((row) => row[index]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, index) => (row[index] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return [line(columns), rule, ...cells.slice(1).map(line)].join('\n');
}

/** Three significant digits below a hundred, whole numbers from there on. */
function cellText(cell: string | number): string {
  if (typeof cell === 'string') return cell;
  if (!Number.isFinite(cell)) return '-';
  return String(Math.abs(cell) >= 100 ? Math.round(cell) : Number(cell.toPrecision(3)));
}

/** Smallest, middle and largest of some figures; NaN when there is none. */
export function spread(figures: readonly number[]): readonly [number, number, number] {
  const sorted = figures.toSorted((a, b) => a - b);
  return [sorted[0] ?? Number.NaN, sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, sorted.at(-1) ?? Number.NaN];
}
