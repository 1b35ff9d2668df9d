// What a rollout of a managed Deployment would do: its lanes, and every object it would touch, in the order of the touching.

import { subsetObjects } from '../../controller/mesh-port.ts';
import type { Workload } from '../../controller/ports.ts';
import { forecastOf, type Level, lasts, passesInTime, rateFor, type StepForecast } from '../../domain/forecast.ts';
import type { Lanes, Original } from '../../domain/lanes.ts';
import { canaryStem, copyName, replicasFor, stableStem } from '../../domain/managed.ts';
import type { Plan } from '../../domain/plan.ts';
import { formatDuration } from '../../domain/time.ts';
import { levelOf, type Traffic } from '../traffic.ts';
import { destination, fact, planFacts } from './plan.ts';
import { aboutDuration, forecastLines, rough, usualErrorRate } from './plan-forecast.ts';
import { table } from './table.ts';

/** What is known of a release that has not begun. */
export interface ManagedPlan {
  readonly target: Workload;
  /** What serves. */
  readonly stable: {
    readonly hash: string;
    readonly images: readonly string[];
    readonly podLabels: Readonly<Record<string, string>>;
  };
  readonly plan: Plan;
  /** Of the new template; a stand-in where nobody has written it yet. */
  readonly revision: string;
  /** Whether the cluster pauses the Deployment in the very write that changes it; undefined where that is not known. */
  readonly automatic: boolean | undefined;
  /** The present traffic, where a metrics source was named. */
  readonly traffic: Traffic | undefined;
}

/** The page of a plan that can be carried out. */
export function managedLines(managed: ManagedPlan, lanes: Lanes): readonly string[] {
  const { target, plan } = managed;
  return [
    headline(managed),
    '',
    ...versionLines(managed),
    ...planFacts({ mode: 'managed', plan }),
    '',
    ...laneLines(lanes),
    '',
    'It would write, in this order, and nothing else:',
    ...writes(managed, lanes),
    '',
    ...(managed.traffic?.kind === 'rate' ? [...forecastLines(plan, levelOf(managed.traffic)), ''] : []),
    'When it is rolled back: the weights 100 and 0 in one write, then as under 7.',
    `Deployment ${target.name} stays paused until its pod template is changed or put back (serin undo ${target.name} -n ${target.namespace}).`,
  ];
}

function isPending({ target, revision }: ManagedPlan): boolean {
  return target.revision === revision;
}

function headline(managed: ManagedPlan): string {
  const { name, namespace } = managed.target;
  return isPending(managed)
    ? `The changed pod template of Deployment ${name} would be released as a canary in namespace ${namespace}.`
    : `Deployment ${name} in namespace ${namespace} runs the pod template it has. The next change of it would be released as a canary:`;
}

function versionLines(managed: ManagedPlan): readonly string[] {
  const { target, stable, revision } = managed;
  const images = isPending(managed) ? `${target.images.join(',')} ` : '';
  const ready = `${target.readyReplicas} of ${target.replicas} pods ready`;
  return [
    fact('Stable', `${target.name} ${stable.images.join(',')} (${stable.hash}), ${ready}`),
    fact('Canary', `${copyName(target.name, revision)} ${images}(${revision}), a copy with the new pod template`),
    fact('Held', heldSentence(managed)),
    ...trafficLines(managed),
  ];
}

function heldSentence({ target, automatic }: ManagedPlan): string {
  if (automatic === true)
    return `${target.name} is paused by an admission policy in the write that changes its pod template`;
  if (automatic === false)
    return `${target.name} is kept paused at rest, because no admission policy pauses it in time`;
  return target.paused ? `${target.name} is paused` : `${target.name} is paused from the change until it is judged`;
}

function laneLines({ originals, objects }: Lanes): readonly string[] {
  const made = objects
    .filter((object) => object.made)
    .map(({ namespace, name }) => `VirtualService ${namespace}/${name}, which has to be made`);
  const lines = [...originals.map(laneLine), ...made];
  return lines.map((line, index) => fact(index === 0 ? 'Lanes' : '', line));
}

function laneLine(original: Original): string {
  const { object, protocol, section, index, weight, alone } = original;
  const route = section === undefined ? `${protocol} route ${index + 1}` : `${protocol} route "${section}"`;
  const share = alone ? 'all of it' : weight === null ? 'no weight' : `weight ${weight}`;
  return `VirtualService ${object}, ${route}: ${destination(original)} (${share} now)`;
}

function writes(managed: ManagedPlan, lanes: Lanes): readonly string[] {
  const { target, stable, plan, revision } = managed;
  const { namespace, name } = target;
  const copy = `Deployment ${namespace}/${copyName(name, revision)}`;
  const services = lanes.objects.map((object) => `VirtualService ${object.namespace}/${object.name}`);
  const back = plan.steps.map((weight) => `${weight}%`).join(', ');
  return [
    ...numbered(1, [
      ...rules(lanes, stableStem(stable.hash), 'made, for the pods that serve now'),
      ...rules(lanes, canaryStem(revision), 'made, for the pods of the copy'),
    ]),
    ...numbered(2, lanes.objects.map(splitLine)),
    ...numbered(3, [`${copy}, made: the pods of ${name} with the new template, and the label serin.dev/revision`]),
    ...numbered(4, ['the weights there, each when the copy has the pods for it:', ...stepLines(managed)]),
    ...numbered(5, [
      `Deployment ${namespace}/${name}: spec.paused lifted for exactly that template, and back when all its pods run it`,
    ]),
    ...numbered(6, [
      ...rules(lanes, stableStem('<hash>'), 'made, for the promoted pods'),
      `the weights there: back to ${name} in ${back}, judged`,
    ]),
    ...numbered(7, [
      `${copy}: scaled to 0`,
      ...lanes.objects.map(
        (object, index) => `${services[index] ?? ''}: ${object.made ? 'deleted' : 'every destination as it was'}`,
      ),
      'the DestinationRules above, and the copy: deleted',
      ...(managed.automatic === false
        ? []
        : [`Deployment ${namespace}/${name}: spec.paused lifted, of what it runs by then`]),
    ]),
    `  all along: annotations of Deployment ${namespace}/${name} (serin.dev/phase, rollout, stable, held, last) and its conditions`,
    '             serin.dev/CanaryAccepted and, when rejected, Progressing; a CanaryRollout of its own, and Events',
  ];
}

function rules(lanes: Lanes, stem: string, what: string): readonly string[] {
  return subsetObjects(lanes, stem).map(({ namespace, name }) => `DestinationRule ${namespace}/${name}, ${what}`);
}

function splitLine({ namespace, name, made }: Lanes['objects'][number]): string {
  const object = `VirtualService ${namespace}/${name}`;
  return made
    ? `${object}, made for the time of the rollout: stable 100, canary 0`
    : `${object}: each destination above becomes two, stable with its weight and the canary with 0; an annotation serin.dev/claim-...`;
}

function trafficLines({ traffic }: ManagedPlan): readonly string[] {
  if (traffic === undefined) return [];
  const words =
    traffic.kind === 'unknown'
      ? `not known: ${traffic.message}`
      : `${traffic.perSecond.toFixed(1)} requests a second over the last minute`;
  return [fact('Traffic', words)];
}

/** What each step takes: pods, time, and the traffic without which the least time is not enough. */
function stepLines({ target, plan, traffic }: ManagedPlan): readonly string[] {
  const time = `${formatDuration(plan.bakeMs)} to ${formatDuration(plan.maxBakeMs)}`;
  const level = traffic?.kind === 'rate' ? levelOf(traffic) : undefined;
  const steps = level === undefined ? [] : forecastOf(plan, level).steps;
  const rows = plan.steps.map((weight, index) => {
    const step = steps[index];
    return [
      `  ${weight}%`,
      `${replicasFor(weight, target.replicas)} of ${target.replicas} pods`,
      time,
      shortestWith(plan, weight, level),
      ...(step === undefined ? [] : [presentTime(plan, step, level)]),
    ];
  });
  return table(
    [
      '  WEIGHT',
      'COPY',
      'TIME',
      `SHORTEST WITH, AT ${rough(level?.errorRate ?? usualErrorRate)} ERRORS`,
      ...(steps.length === 0 ? [] : ['AT PRESENT']),
    ],
    rows,
  );
}

/** How long a step takes a release that is as good as stable. */
function presentTime(plan: Plan, step: StepForecast, level: Level | undefined): string {
  if (plan.analysis === 'off') return formatDuration(plan.bakeMs);
  if (level?.perSecond === 0) return 'no verdict: no traffic';
  const length = lasts(plan, step);
  return length === undefined
    ? `no verdict within ${formatDuration(plan.maxBakeMs)}`
    : `about ${aboutDuration(length)}${passesInTime(plan, step) ? '' : ', by the wider margin'}`;
}

/** Requests a second in all with which a step's least time brings the evidence that a pass takes. */
function shortestWith(plan: Plan, weight: number, level: Level | undefined): string {
  if (plan.analysis === 'off') return '-';
  const rate = rateFor(plan, weight, level?.errorRate ?? usualErrorRate, plan.bakeMs);
  if (rate === undefined) return 'no traffic';
  return `${rate >= 10 ? Math.ceil(rate) : Math.ceil(rate * 10) / 10} requests a second`;
}

function numbered(number: number, lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => `${index === 0 ? `  ${number}. ` : '     '}${line}`);
}
