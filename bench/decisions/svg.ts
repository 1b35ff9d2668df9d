// Plots as SVG: rows of dots with error bars, readable on paper and on a screen, light or dark.

/** A dot. */
export interface Dot {
  readonly series: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Rows of dots over one axis. */
export interface Plot {
  readonly title: string;
  /** What the axis counts, with its unit. */
  readonly axis: string;
  readonly scale: 'linear' | 'log';
  /** The axis' ends; of a logarithmic one above 0. What lies beyond is drawn at the end. */
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  readonly series: readonly string[];
  readonly rows: readonly { readonly name: string; readonly dots: readonly Dot[] }[];
  /** A line across all rows, such as a bar to hold. */
  readonly line?: { readonly at: number; readonly name: string };
  /** What stands under the plot: seed, command. */
  readonly foot: string;
}

const colours = ['#0b62c4', '#d1561c', '#e39b00', '#7a3fb5', '#b01e7c', '#2a8a4a', '#777777'];
const left = 220;
const width = 620;
const right = 30;
const top = 100;
const legendColumns = 4;
const gap = 8;
const step = 11;

/** The plot as an SVG document. */
export function svgOf(plot: Plot): string {
  const rowHeight = plot.series.length * step + gap;
  const height = top + plot.rows.length * rowHeight + 64;
  const bottom = top + plot.rows.length * rowHeight;
  const parts = [
    text(12, 24, plot.title, 'font-size="16" font-weight="600"'),
    legend(plot.series),
    ...plot.ticks.map((tick) => tickAt(plot, tick, bottom)),
    text(left + width / 2, bottom + 34, plot.axis, 'text-anchor="middle"'),
    ...plot.rows.map((row, index) => rowAt(plot, row, top + index * rowHeight, rowHeight)),
    plot.line === undefined ? '' : lineAt(plot, plot.line, bottom),
    text(12, height - 10, plot.foot, 'font-size="10" fill="#666"'),
  ];
  const total = left + width + right;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total} ${height}" width="${total}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#222">`,
    `<title>${escaped(plot.title)}</title>`,
    `<rect width="${total}" height="${height}" fill="#fff"/>`,
    ...parts.filter((part) => part !== ''),
    '</svg>\n',
  ].join('\n');
}

function legend(series: readonly string[]): string {
  return series
    .map((name, index) => {
      const x = 16 + (index % legendColumns) * ((left + width) / legendColumns);
      const y = 48 + Math.floor(index / legendColumns) * 18;
      return `<circle cx="${x}" cy="${y}" r="4" fill="${colour(index)}"/>${text(x + 9, y + 4, name, 'font-size="11"')}`;
    })
    .join('');
}

function tickAt(plot: Plot, tick: number, bottom: number): string {
  const x = place(plot, tick);
  const label = text(x, bottom + 16, String(tick), 'text-anchor="middle" fill="#555"');
  return `<line x1="${x}" y1="${top - 4}" x2="${x}" y2="${bottom}" stroke="#ddd"/>${label}`;
}

function rowAt(plot: Plot, { name, dots }: Plot['rows'][number], y: number, rowHeight: number): string {
  const rule = `<line x1="12" y1="${y - gap / 2}" x2="${left + width}" y2="${y - gap / 2}" stroke="#eee"/>`;
  const drawn = dots.map((dot) => {
    const index = plot.series.indexOf(dot.series);
    const at = y + index * step + step / 2;
    const [x, low, high] = [place(plot, dot.value), place(plot, dot.low), place(plot, dot.high)];
    const bar = `<line x1="${low}" y1="${at}" x2="${high}" y2="${at}" stroke="${colour(index)}" stroke-opacity="0.5" stroke-width="3"/>`;
    return `${bar}<circle cx="${x}" cy="${at}" r="3.6" fill="${colour(index)}"><title>${escaped(`${name}, ${dot.series}: ${dot.value}`)}</title></circle>`;
  });
  return [rule, text(left - 12, y + rowHeight / 2, name, 'text-anchor="end"'), ...drawn].join('');
}

function lineAt(plot: Plot, { at, name }: { at: number; name: string }, bottom: number): string {
  const x = place(plot, at);
  return `<line x1="${x}" y1="${top - 4}" x2="${x}" y2="${bottom}" stroke="#b00" stroke-dasharray="4 3"/>${text(x + 4, top - 8, name, 'fill="#b00" font-size="11"')}`;
}

function place({ scale, from, to }: Plot, value: number): number {
  const inside = Math.min(to, Math.max(from, value));
  const share = scale === 'linear' ? (inside - from) / (to - from) : Math.log(inside / from) / Math.log(to / from);
  return Math.round((left + share * width) * 10) / 10;
}

function colour(index: number): string {
  return colours[index % colours.length] ?? '#000';
}

function text(x: number, y: number, words: string, more: string): string {
  return `<text x="${x}" y="${y}" ${more}>${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
