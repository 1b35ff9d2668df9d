// Plots over time as inline SVG: the curves stretch with the page, the labels stay text of the page.
import type { Instant } from '../../domain/time.ts';
import { escaped } from './html.ts';

/** A point of a curve. */
export interface Point {
  readonly at: Instant;
  readonly y: number;
}

/** Something drawn. Each piece of a curve is a run without gaps. */
export type Mark =
  | {
      readonly kind: 'line';
      readonly style: string;
      readonly label: string;
      readonly pieces: readonly (readonly Point[])[];
    }
  | {
      readonly kind: 'band';
      readonly style: string;
      readonly label: string;
      readonly pieces: readonly (readonly { readonly at: Instant; readonly low: number; readonly high: number }[])[];
    };

/** A plot: its frame, what is drawn in it, and the values that have a label at the side. */
export interface Plot {
  /** One sentence for readers who see no picture. */
  readonly title: string;
  readonly span: { readonly from: Instant; readonly to: Instant };
  readonly range: { readonly low: number; readonly high: number };
  readonly ticks: readonly { readonly y: number; readonly text: string }[];
  readonly marks: readonly Mark[];
}

const width = 1_000;
const height = 300;
const timeLabels = 4;

/** The plot as HTML, its legend included. Whatever lies outside of the range is cut off. */
export function plotHtml(plot: Plot): string {
  const { title, marks, ticks } = plot;
  const gridLines = ticks.map(({ y }) => `<path class="grid" d="M0 ${place(plot, y)}H${width}"/>`);
  const drawn = marks.map((mark) => drawnMark(plot, mark));
  return [
    '<div class="plot">',
    `<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${escaped(title)}">`,
    ...gridLines,
    ...drawn,
    '</svg>',
    ...ticks.map(
      ({ y, text }) => `<span class="y" style="top:${percent(place(plot, y) / height)}">${escaped(text)}</span>`,
    ),
    ...timeTicks(plot.span).map(
      ({ share, text }) => `<span class="x" style="left:${percent(share)}">${escaped(text)}</span>`,
    ),
    '</div>',
    `<p class="legend">${marks.map(({ style, label }) => `<span><i class="key ${style}"></i>${escaped(label)}</span>`).join(' ')}</p>`,
  ].join('\n');
}

/** A share of the whole as CSS writes it. */
function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}

function drawnMark(plot: Plot, mark: Mark): string {
  switch (mark.kind) {
    case 'line':
      return mark.pieces.map((piece) => `<path class="line ${mark.style}" d="${lineThrough(plot, piece)}"/>`).join('');
    case 'band':
      return mark.pieces
        .map((piece) => {
          const top = piece.map(({ at, high }) => ({ at, y: high }));
          const bottom = piece.map(({ at, low }) => ({ at, y: low })).reverse();
          return `<path class="band ${mark.style}" d="${lineThrough(plot, [...top, ...bottom])}Z"/>`;
        })
        .join('');
  }
}

function lineThrough(plot: Plot, points: readonly Point[]): string {
  const [first, ...others] = points.map(({ at, y }) => `${across(plot, at)} ${place(plot, y)}`);
  if (first === undefined) return '';
  // A single point is drawn as a dot: a line of no length with round ends.
  return others.length === 0 ? `M${first}h0.01` : `M${first}${others.map((point) => `L${point}`).join('')}`;
}

function across({ span }: Plot, at: Instant): number {
  return Number((((at - span.from) / Math.max(1, span.to - span.from)) * width).toFixed(1));
}

/** A value's height, counted from above; far outside it is as good as just outside. */
function place({ range }: Plot, y: number): number {
  const share = (range.high - y) / Math.max(Number.EPSILON, range.high - range.low);
  return Number((Math.min(1.5, Math.max(-0.5, share)) * height).toFixed(1));
}

/** The day stands under the time where there are several. */
function timeTicks({ from, to }: Plot['span']): readonly { readonly share: number; readonly text: string }[] {
  const isOneDay = new Date(from).toISOString().slice(0, 10) === new Date(to).toISOString().slice(0, 10);
  return Array.from({ length: timeLabels + 1 }, (_, index) => {
    const at = from + ((to - from) * index) / timeLabels;
    const [day, time] = [new Date(at).toISOString().slice(5, 10), new Date(at).toISOString().slice(11, 16)];
    return { share: index / timeLabels, text: isOneDay ? time : `${time}\n${day}` };
  });
}
