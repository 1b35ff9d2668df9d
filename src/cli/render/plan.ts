// What a rollout would do: the plan as it was understood, the route it was found to move, and everything it would touch.
import type { Workload } from '../../controller/ports.ts';
import type { CustomGate } from '../../domain/gates/custom.ts';
import { formatShare, type Plan } from '../../domain/plan.ts';
import type { Destination, Mode, Route } from '../../domain/rollout.ts';
import { formatDuration } from '../../domain/time.ts';

/** A plan, and the way of releasing it is for. */
export interface Planned {
  readonly mode: Mode;
  readonly plan: Plan;
}

/** The page of a pair's plan that can be carried out. */
export function planLines(target: Workload, stable: Workload, planned: Planned, route: Route): readonly string[] {
  return [
    `Deployment ${target.name} would be released as the canary of ${stable.name} in namespace ${target.namespace}.`,
    '',
    ...versionLines(target, stable),
    ...planFacts(planned),
    '',
    ...routeLines(route),
    '',
    ...touchedLines(target, route),
  ];
}

function versionLines(target: Workload, stable: Workload): readonly string[] {
  const ready = ({ readyReplicas, replicas }: Workload) => `${readyReplicas} of ${replicas} pods ready`;
  return [
    fact('Stable', `${stable.name} ${stable.images.join(',')} (${stable.hash ?? 'no revision yet'}), ${ready(stable)}`),
    fact('Canary', `${target.name} ${target.images.join(',')} (${target.hash ?? 'no revision yet'}), ${ready(target)}`),
  ];
}

/** The parsed plan, one fact a line. */
export function planFacts({ mode, plan }: Planned): readonly string[] {
  return [
    fact('Steps', `${plan.steps.map((weight) => `${weight}%`).join(' > ')} of the traffic`),
    fact('Bake', `${formatDuration(plan.bakeMs)} to ${formatDuration(plan.maxBakeMs)} per step`),
    fact('Duration', durationSentence(plan, mode)),
    fact('Judged', judgedSentence(plan)),
    ...gateFacts(plan),
    fact('Undecided', undecidedSentence(plan)),
    ...(plan.testers === undefined
      ? []
      : [fact('Testers', `who sends ${plan.testers} sees the canary from the first step on`)]),
  ];
}

/** What a weight takes besides its bake until it is settled and a slot of it was read: three slots of the usual 15 s. */
const seenAfterMs = 45_000;

/** The traffic of a managed rollout goes back to the promoted Deployment in the plan's weights, which bakes once more. */
function durationSentence({ steps, bakeMs }: Plan, mode: Mode): string {
  const count = steps.length;
  const bake = formatDuration(bakeMs);
  const forth = `${count === 1 ? 'one step' : `${count} steps`} of ${bake}`;
  if (mode === 'pair')
    return `at least ${formatDuration(count * bakeMs)} (${forth}), and some seconds per step until the mesh has settled`;
  const back = `the way back in ${count === 1 ? 'one part' : `${count} parts`}`;
  const seen = `about ${formatDuration(seenAfterMs)} for each step and part to settle and be seen`;
  const all = (count + 1) * bakeMs + 2 * count * seenAfterMs;
  return `about ${formatDuration(all)} with enough traffic (${forth}, ${back}, ${bake} on the promoted Deployment, and ${seen})`;
}

function judgedSentence(plan: Plan): string {
  if (plan.analysis === 'off')
    return 'by nothing: analysis is off, and time alone moves the weights; pods that fail still end it';
  const ceiling = plan.maxErrorRate === undefined ? [] : [`error rate at most ${formatShare(plan.maxErrorRate)}`];
  const latency = plan.maxLatency.map(({ text }) => text);
  return [
    `error rate at most ${formatShare(plan.errorMargin).replace('%', '')} percentage points above stable`,
    ...ceiling,
    ...latency,
    `at least ${plan.minRequests} canary requests per step`,
  ].join('; ');
}

/** Custom gates, which nothing asks while analysis is off. */
function gateFacts({ gates, analysis }: Plan): readonly string[] {
  if (analysis === 'off') return [];
  return gates.map((gate, index) => fact(index === 0 ? 'Gates' : '', `${gate.name}: ${limitOf(gate)}`));
}

function limitOf({ question, failures, shadow }: CustomGate): string {
  const after = failures === 1 ? 'one bad look rolls back' : `${failures} bad looks in a row roll back`;
  return `${boundsOf(question)}; ${shadow ? 'in shadow, shown and not judged' : after}`;
}

function boundsOf(question: CustomGate['question']): string {
  if (question.kind === 'compare') {
    const { kind, value } = question.most;
    return kind === 'ratio' ? `at most ${value} times stable's` : `at most ${value} above stable's`;
  }
  const { min, max } = question;
  const bounds = [...(min === undefined ? [] : [`at least ${min}`]), ...(max === undefined ? [] : [`at most ${max}`])];
  return bounds.join(', ');
}

function undecidedSentence(plan: Plan): string {
  const when = `a step without a verdict after ${formatDuration(plan.maxBakeMs)}`;
  switch (plan.onUndecided) {
    case 'hold':
      return `${when} waits for evidence or a person`;
    case 'rollback':
      return `${when} is rolled back`;
    case 'advance':
      return `${when} is left once harm beyond five times the margin is excluded; until then it is held`;
  }
}

function routeLines(route: Route): readonly string[] {
  const section = route.section === undefined ? '' : `, ${route.protocol} route "${route.section}"`;
  const weight = (found: number | null) => (found === null ? 'no weight' : `weight ${found}`);
  return [
    fact('Route', `VirtualService ${route.namespace}/${route.name}${section}`),
    fact('', `stable ${destination(route.stable)} (${weight(route.original.stable)} now)`),
    fact('', `canary ${destination(route.canary)} (${weight(route.original.canary)} now)`),
  ];
}

/** A destination in words. */
export function destination({ host, subset, port }: Destination): string {
  const named = subset === undefined ? host : `${host} subset ${subset}`;
  return port === undefined ? named : `${named} port ${port}`;
}

function touchedLines(target: Workload, route: Route): readonly string[] {
  return [
    'It would write, and nothing else:',
    `  VirtualService ${route.namespace}/${route.name}: the two weights of that pair, and while it runs the annotation serin.dev/claim`,
    `  Deployment ${target.namespace}/${target.name}: annotations serin.dev/phase, serin.dev/rollout and serin.dev/last, condition serin.dev/CanaryAccepted`,
    '  a CanaryRollout of its own, and Events',
  ];
}

/** A line of the page: its name, and what there is to say. */
export function fact(name: string, value: string): string {
  return `${name.padEnd(11)}${value}`;
}
