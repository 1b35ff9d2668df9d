// Custom gates: a query of the user's own, its limit, and what a look at it comes to. Pure: the same samples in the same
// order give the same state and verdict. One bad look never rolls back unless the gate says that one is enough.
import { type GateState, gridAfter } from '../evidence.ts';
import { isCount, isRecord, type Opinion } from '../gate.ts';
import type { Instant, Millis } from '../time.ts';
import type { GateVerdict } from '../verdict.ts';
import { isOutside, sayLook, sayWaiting } from './custom-words.ts';
import { mentions, type PlaceValues, readTemplate, renderTemplate } from './query-template.ts';

/** A gate that a policy adds to Serin's own. */
export interface CustomGate {
  /** Unique among the gates of a plan. */
  readonly name: string;
  readonly question: CustomQuestion;
  /** What no sample, several samples or no number mean: the step is held, passes, or fails. */
  readonly onNoData: 'hold' | 'pass' | 'fail';
  /** Shown and not judged. */
  readonly shadow: boolean;
  /** How far back `{{window}}` reaches; a query that has it is first asked when the step is as old. */
  readonly windowMs: Millis;
  /** The least time between two looks; a slot's width where it is shorter than that or absent. */
  readonly intervalMs?: Millis;
  /** Bad looks in a row that roll back. */
  readonly failures: number;
}

/** Query templates as they were written, and what their values may be. */
export type CustomQuestion =
  | { readonly kind: 'limit'; readonly query: string; readonly min?: number; readonly max?: number }
  | {
      readonly kind: 'compare';
      readonly canary: string;
      readonly stable: string;
      readonly most: { readonly kind: 'ratio' | 'increase'; readonly value: number };
    };

/** What a query gave: one finite number, or not. */
export type Sample =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'none' }
  | { readonly kind: 'several'; readonly count: number }
  /** NaN or an infinity, as text. */
  | { readonly kind: 'notNumber'; readonly text: string };

/** The samples of one look; `stable` where two are compared. */
export interface Look {
  readonly canary: Sample;
  readonly stable?: Sample;
}

/** What a gate remembers. JSON, and bounded. */
export interface CustomState {
  /** The step that was looked at. */
  readonly stepStart: Instant;
  /** When it was last looked at in this step, and what was seen. */
  readonly last?: Looked;
  /** Bad looks in a row. */
  readonly bad: number;
  /** Stable's last number, for when all traffic has left it. */
  readonly stable?: { readonly at: Instant; readonly value: number };
}

/** A look that was made at `at`. */
export interface Looked {
  readonly at: Instant;
  readonly look: Look;
}

/** Under which name a gate's state and verdicts go. */
export function customId({ name }: Pick<CustomGate, 'name'>): string {
  return `custom/${name}`;
}

/** Whether a state among a rollout's evidence is a custom gate's. */
export function isCustomId(id: string): boolean {
  return id.startsWith('custom/');
}

const version = 1;
/** Looks made up for at one time; older ones are left out. */
const mostLooks = 8;

/** The state for a step, from what was saved; it begins anew where that is another step's, keeping stable's last number. */
export function openCustom(saved: GateState | undefined, stepStart: Instant): CustomState {
  const state = saved?.version === version ? reviveCustom(saved.state) : undefined;
  if (state?.stepStart === stepStart) return state;
  return { stepStart, bad: 0, ...(state?.stable === undefined ? {} : { stable: state.stable }) };
}

/** The state as it is saved. */
export function closeCustom(state: CustomState): GateState {
  return { version, state };
}

/** When the gate is to be looked at, up to `newest`, on the grid of slots; the latest few where many were missed. */
export function dueLooks(
  gate: CustomGate,
  { stepStart, last }: CustomState,
  newest: Instant,
  slotMs: Millis,
): readonly Instant[] {
  const every = lookEveryMs(gate, slotMs);
  const first = last === undefined ? gridAfter(firstLook(gate, stepStart), slotMs) : gridAfter(last.at + every, slotMs);
  const count = Math.max(0, Math.floor((newest - first) / every) + 1);
  const skipped = Math.max(0, count - mostLooks);
  return Array.from({ length: count - skipped }, (_, index) => first + (skipped + index) * every);
}

/** The time between two looks of a step, a whole number of slots. */
export function lookEveryMs({ intervalMs = 0 }: CustomGate, slotMs: Millis): Millis {
  return gridAfter(Math.max(intervalMs, slotMs), slotMs);
}

function firstLook(gate: CustomGate, stepStart: Instant): Instant {
  return usesWindow(gate) ? stepStart + gate.windowMs : stepStart + 1;
}

/** Whether one of the gate's queries looks back over the window. */
export function usesWindow({ question }: CustomGate): boolean {
  const queries = question.kind === 'limit' ? [question.query] : [question.canary, question.stable];
  return queries.some((query) => mentions(readTemplate(query), 'window'));
}

/** The queries of one look, ready to be asked; `stable` where two are compared. */
export interface GaugeQuestion {
  readonly canary: string;
  readonly stable?: string;
}

/** The gate's queries with every place filled. */
export function questionOf({ question, windowMs }: CustomGate, values: Omit<PlaceValues, 'windowMs'>): GaugeQuestion {
  const filled = (query: string): string => renderTemplate(readTemplate(query), { ...values, windowMs });
  if (question.kind === 'limit') return { canary: filled(question.query) };
  return { canary: filled(question.canary), stable: filled(question.stable) };
}

/** What the judgement needs to know besides samples. */
export interface CustomContext {
  /** The canary's weight in percent: at 100 stable has no traffic, and its last number of before stands in. */
  readonly weight: number;
  /** The moment that the verdict is said for. */
  readonly now: Instant;
}

/**
 * Takes in one look, or says again what stands when there is none. A look that could not be made is `sayCustomDown`'s.
 * Looks are owed in order.
 */
export function sayCustom(
  gate: CustomGate,
  state: CustomState,
  context: CustomContext,
  looked?: Looked,
): readonly [CustomState, GateVerdict] {
  const next = looked === undefined ? state : takeIn(gate, state, context, looked);
  const opinion =
    next.last === undefined
      ? sayWaiting(gate, Math.max(0, firstLook(gate, next.stepStart) - context.now))
      : sayLook(gate, { ...seenIn(next, context), bad: next.bad, at: next.last.at });
  return [next, named(gate, opinion)];
}

/** What is said while the source does not answer this gate. A failure that was proven stands; nothing overrides it. */
export function sayCustomDown(
  gate: CustomGate,
  state: CustomState,
  context: CustomContext,
  message: string,
): GateVerdict {
  const [, standing] = sayCustom(gate, state, context);
  if (standing.verdict === 'fail') return standing;
  return named(gate, { verdict: 'sourceDown', reason: 'SourceUnreachable', message: `${gate.name}: ${message}` });
}

function named(gate: CustomGate, opinion: Opinion): GateVerdict {
  if (!gate.shadow) return { gate: customId(gate), ...opinion };
  return { gate: customId(gate), ...opinion, message: `In shadow, not judged: ${opinion.message}`, shadow: true };
}

function takeIn(gate: CustomGate, state: CustomState, context: CustomContext, { at, look }: Looked): CustomState {
  const isServing = context.weight < 100 && look.stable?.kind === 'number';
  const stable = isServing ? { at, value: look.stable.value } : state.stable;
  const next = { ...state, last: { at, look }, ...(stable === undefined ? {} : { stable }) };
  return { ...next, bad: isOutside(gate, seenIn(next, context)) ? state.bad + 1 : 0 };
}

/** The last look, with stable's number of before in its place where all traffic has left it: what it has now says nothing. */
function seenIn({ last, stable }: CustomState, { weight, now }: CustomContext) {
  const look = last?.look ?? { canary: { kind: 'none' } };
  if (weight < 100 || look.stable === undefined) return { look };
  if (stable === undefined) return { look: { ...look, stable: { kind: 'none' as const } } };
  const earlier: Sample = { kind: 'number', value: stable.value };
  return { look: { ...look, stable: earlier }, stableAgeMs: Math.max(0, now - stable.at) };
}

function reviveCustom(saved: unknown): CustomState | undefined {
  if (!isRecord(saved)) return undefined;
  const { stepStart, bad, last, stable } = saved;
  if (!isCount(stepStart) || !isCount(bad)) return undefined;
  const looked = last === undefined ? undefined : reviveLooked(last);
  if (last !== undefined && looked === undefined) return undefined;
  const known = isRecord(stable) && isCount(stable['at']) && isNumber(stable['value']) ? stable : undefined;
  return {
    stepStart,
    bad,
    ...(looked === undefined ? {} : { last: looked }),
    ...(known === undefined ? {} : { stable: { at: Number(known['at']), value: Number(known['value']) } }),
  };
}

function reviveLooked(saved: unknown): Looked | undefined {
  if (!isRecord(saved) || !isCount(saved['at']) || !isRecord(saved['look'])) return undefined;
  const { canary, stable } = saved['look'];
  const own = reviveSample(canary);
  const other = stable === undefined ? undefined : reviveSample(stable);
  if (own === undefined || (stable !== undefined && other === undefined)) return undefined;
  return { at: saved['at'], look: { canary: own, ...(other === undefined ? {} : { stable: other }) } };
}

function reviveSample(saved: unknown): Sample | undefined {
  if (!isRecord(saved)) return undefined;
  const { kind, value, count, text } = saved;
  if (kind === 'number' && isNumber(value)) return { kind, value };
  if (kind === 'none') return { kind };
  if (kind === 'several' && isCount(count)) return { kind, count };
  return kind === 'notNumber' && typeof text === 'string' ? { kind, text: text.slice(0, 20) } : undefined;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
