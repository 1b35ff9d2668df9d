// A replay as one page of HTML that needs nothing else: no network, no scripts, dark and light, wide and narrow.
import { customId, isCustomId } from '../../domain/gates/custom.ts';
import { grouped } from '../../domain/gates/words.ts';
import { type Event, eventsOf, type Replay } from '../../domain/replay.ts';
import { formatDuration, type Instant } from '../../domain/time.ts';
import type { GateVerdict } from '../../domain/verdict.ts';
import { escaped } from './html.ts';
import { numberRows } from './numbers.ts';
import { type Plot, plotHtml } from './plot.ts';
import { assumptions, conclusion, eventWords, headline, type Shown, second } from './replay.ts';
import { leftOut, type Said, saidBy, shownSaid, valuePlot } from './replay-custom.ts';
import { differencePlot, gatesWithNumbers, oddsPlot, requestsPlot } from './replay-plots.ts';
import { replayStyle } from './replay-style.ts';

/** The page. Everything that comes from outside is escaped. */
export function replayPage(shown: Shown): string {
  const { replay, slotMs } = shown;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escaped(title(shown))}</title>`,
    `<style>${replayStyle}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${escaped(title(shown))}</h1>`,
    `<p class="end ${replay.end.kind}">${escaped(conclusion(shown))}</p>`,
    paragraph(replay.end.message),
    `<p class="faint">${escaped(headline(shown))}. ${escaped(planSentence(shown))}</p>`,
    '<h2>Steps</h2>',
    track(shown),
    events(replay, shown.wanted.plan.steps.length),
    ...gatesWithNumbers(replay).map((gate) =>
      gateSection(replay, gate, [differencePlot(replay, gate), oddsPlot(replay, gate)]),
    ),
    ...shown.wanted.gates.map((gate) => gateSection(replay, customId(gate), [valuePlot(replay, gate)])),
    '<h2>Requests</h2>',
    plotHtml(requestsPlot(replay, slotMs)),
    '<h2>What is assumed</h2>',
    `<ul>${assumptions(shown)
      .map((each) => `<li>${escaped(each)}</li>`)
      .join('')}</ul>`,
    '<p class="faint">All times are UTC. Made by <code>serin replay</code>.</p>',
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function title({ wanted: { judged } }: Shown): string {
  return `${judged.canary} against ${judged.stable}`;
}

function planSentence({ wanted: { plan } }: Shown): string {
  const steps = plan.steps.map((weight) => `${weight}%`).join(' > ');
  return `The plan: ${steps}, ${formatDuration(plan.bakeMs)} to ${formatDuration(plan.maxBakeMs)} per step, on-undecided ${plan.onUndecided}.`;
}

function paragraph(text: string): string {
  return `<p>${escaped(text)}</p>`;
}

/** A strip with a piece for every step, as long as it took. */
function track({ replay, slotMs }: Shown): string {
  const steps = [...Map.groupBy(replay.looks, ({ step }) => step).entries()];
  const pieces = steps.map(([step, looks], index) => {
    const { weight } = looks[0] ?? { weight: 0 };
    const isLast = index === steps.length - 1;
    const kind = isLast ? replay.end.kind : 'advanced';
    const share = looks.length / Math.max(1, replay.looks.length);
    const words = `step ${step + 1}, ${weight}%: ${formatDuration(looks.length * slotMs)}, ${eventWords[kind]}`;
    return `<span class="${kind}" style="flex:${Math.max(0.02, Number(share.toFixed(4)))}" title="${escaped(words)}">${weight}%</span>`;
  });
  return `<div class="track" role="img" aria-label="The steps as they were gone through">${pieces.join('')}</div>`;
}

function events(replay: Replay, steps: number): string {
  const row = ({ kind, time, step, weight, message }: Event): string =>
    `<li>${timeHtml(time)} <b class="${kind}">${escaped(eventWords[kind])}</b> <span class="faint">step ${step + 1} of ${steps}, ${weight}%</span><br>${escaped(message)}</li>`;
  return `<ol class="events">${eventsOf(replay).map(row).join('')}</ol>`;
}

function gateSection(replay: Replay, gate: string, drawn: readonly (Plot | undefined)[]): string {
  const last = replay.looks.flatMap(({ verdicts }) => verdicts.filter((verdict) => verdict.gate === gate)).at(-1);
  const plots = drawn.filter((plot) => plot !== undefined);
  return [
    `<h2>Gate ${escaped(gate)}</h2>`,
    ...(last === undefined
      ? []
      : [
          `<p><b class="${last.verdict}">${escaped(last.verdict)}</b> at the end. ${escaped(last.message)}</p>`,
          numbersOf(last),
        ]),
    ...plots.map(plotHtml),
    ...(isCustomId(gate) ? [saidHtml(saidBy(replay, gate))] : []),
    ...(last?.query === undefined
      ? []
      : [`<details><summary>The query behind the last slot</summary><pre>${escaped(last.query)}</pre></details>`]),
  ].join('\n');
}

/** What a custom gate said on the way. */
function saidHtml(all: readonly Said[]): string {
  const { first, left, last } = shownSaid(all);
  const row = ({ from, weight, verdict, looks, message }: Said): string =>
    `<li>${timeHtml(from)} <b class="${verdict}">${escaped(verdict)}</b> <span class="faint">${weight}%, ${looks === 1 ? 'one look' : `${grouped(looks)} looks`}</span><br>${escaped(message)}</li>`;
  const gap = left === 0 ? [] : [`<li class="faint">${escaped(leftOut(left))}</li>`];
  return `<ol class="events">${[...first.map(row), ...gap, ...last.map(row)].join('')}</ol>`;
}

function timeHtml(at: Instant): string {
  return `<time>${escaped(second(at).slice(0, 19).replace('T', ' '))}</time>`;
}

function numbersOf({ numbers }: GateVerdict): string {
  if (numbers === undefined) return '';
  const rows = numberRows(numbers).map(([name, words]) => `<dt>${escaped(name)}</dt><dd>${escaped(words)}</dd>`);
  return `<dl>${rows.join('')}</dl>`;
}
