// Keeps a stored rollout under 64 KiB: the bounds of each text, and what is given up first when it is still too large.
import type { StoredStatus } from './rollout-status-object.ts';

/** The status with everything that is derived for readers. */
export interface FullStatus extends StoredStatus {
  readonly observedGeneration: number;
  readonly display: Readonly<Record<string, string>>;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
    readonly lastTransitionTime: string;
  }[];
}

/** What metadata take, who owns which field included. */
const metadataBytes = 6 * 1024;
const objectBytes = 64 * 1024;

/**
 * The status cut to the bounds of the stored object, and further until it fits beside the spec: first old history, then queries
 * and the ends of sentences, last what gates have counted (they then say that they began anew). Where the rollout stands is kept.
 */
export function fitStatus(full: FullStatus, spec: unknown): FullStatus {
  const budget = objectBytes - metadataBytes - sizeOf(spec);
  return economies.reduce((status, economy) => (sizeOf(status) <= budget ? status : economy(status)), bounded(full));
}

/** The bytes a value takes as JSON. */
export function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

const economies: readonly ((status: FullStatus) => FullStatus)[] = [
  (status) => withHistory(status, 25),
  (status) => withVerdicts(status, 16, 1_000, 0),
  (status) => withHistory(status, 8),
  (status) => withConditions(status, 100),
  (status) => ({ ...status, ...outboxOf(status, 6, 100), ...mailOf(status, 6, 100) }),
  (status) => withVerdicts(status, 16, 150, 0),
  (status) => withAnswers(status, 60),
  withoutCounts,
  (status) => withHistory(status, 0),
  (status) => withVerdicts(status, 16, 60, 0),
  (status) => ({ ...status, ...outboxOf(status, 2, 40), ...mailOf(status, 2, 40) }),
  withShortSentences,
  withFewWords,
];

/** The bounds that the CustomResourceDefinition sets, in letters. */
function bounded(status: FullStatus): FullStatus {
  const cut = withConditions(
    withAnswers(withVerdicts(withHistory(withSentences(status, 1_000), 50), 16, 1_000, 4_000), 500),
    300,
  );
  return {
    ...cut,
    reason: clip(cut.reason, 100),
    ...outboxOf(cut, 12, 400),
    ...mailOf(cut, 12, 400),
    ...(cut.pausedBy === undefined ? {} : { pausedBy: clip(cut.pausedBy, 256) }),
    ...(cut.route === undefined ? {} : { route: { ...cut.route, services: (cut.route.services ?? []).slice(0, 8) } }),
    display: Object.fromEntries(Object.entries(cut.display).map(([key, text]) => [key, clip(text, 256)])),
  };
}

function withHistory(status: FullStatus, entries: number): FullStatus {
  const kept = entries === 0 ? [] : (status.history ?? []).slice(-entries);
  return { ...status, history: kept.map((entry) => ({ ...entry, message: clip(entry.message, 300) })) };
}

function withVerdicts(status: FullStatus, count: number, letters: number, queryLetters: number): FullStatus {
  const verdicts = (status.verdicts ?? []).slice(0, count).map(({ query, ...verdict }) => ({
    ...verdict,
    message: clip(verdict.message, letters),
    // A query that is cut short cannot be pasted anywhere, so it is kept whole or not at all.
    ...(query === undefined || query.length > queryLetters ? {} : { query }),
  }));
  return { ...status, verdicts };
}

/** Answers are shortened and never dropped: a request without one would be carried out again. */
function withAnswers(status: FullStatus, letters: number): FullStatus {
  const answers = (status.answers ?? []).map((answer) => ({ ...answer, message: clip(answer.message, letters) }));
  return { ...status, answers };
}

/** The newest of what is yet to be told: the end is always among them. */
function outboxOf({ outbox }: FullStatus, entries: number, letters: number): Pick<FullStatus, 'outbox'> {
  if (outbox === undefined) return {};
  return { outbox: outbox.slice(-entries).map((entry) => ({ ...entry, message: clip(entry.message, letters) })) };
}

/** The newest letters, of which the last says where the rollout stands. */
function mailOf({ mail }: FullStatus, count: number, letters: number): Pick<FullStatus, 'mail'> {
  if (mail === undefined) return {};
  const kept = (mail.letters ?? []).slice(-count).map((letter) => ({
    ...letter,
    reason: clip(letter.reason, 100),
    message: clip(letter.message, letters),
  }));
  return { mail: { ...mail, letters: kept } };
}

function withConditions(status: FullStatus, letters: number): FullStatus {
  const conditions = status.conditions.map((condition) => ({
    ...condition,
    reason: clip(condition.reason, 100),
    message: clip(condition.message, letters),
  }));
  return { ...status, conditions };
}

function withSentences(status: FullStatus, letters: number): FullStatus {
  const { warrant, fullWarrant, stalled, approval, freezeOverride } = status;
  const short = <T extends { readonly message: string }>(one: T): T => ({
    ...one,
    message: clip(one.message, letters),
  });
  return {
    ...status,
    message: clip(status.message, letters),
    ...(warrant === undefined ? {} : { warrant: short(warrant) }),
    ...(fullWarrant === undefined ? {} : { fullWarrant: short(fullWarrant) }),
    ...(approval === undefined ? {} : { approval: shortApproval(approval, letters) }),
    ...(freezeOverride === undefined ? {} : { freezeOverride: shortGiven(freezeOverride, letters) }),
    ...(stalled === undefined ? {} : { stalled: { ...short(stalled), reason: clip(stalled.reason, 100) } }),
  };
}

type StoredApproval = NonNullable<StoredStatus['approval']>;
type StoredGiven = NonNullable<StoredApproval['given']>;

function shortApproval({ warrant, given, ...approval }: StoredApproval, letters: number): StoredApproval {
  return {
    ...approval,
    ...(warrant === undefined
      ? {}
      : { warrant: { ...warrant, message: clip(warrant.message, Math.min(letters, 300)) } }),
    ...(given === undefined ? {} : { given: shortGiven(given, letters) }),
  };
}

function shortGiven({ reason, by, surface, ...given }: StoredGiven, letters: number): StoredGiven {
  const kept = reason === undefined ? {} : { reason: clip(reason, Math.min(letters, 160)) };
  return { ...given, by: clip(by, Math.min(letters, 256)), surface: clip(surface, 40), ...kept };
}

function withShortSentences(status: FullStatus): FullStatus {
  return withConditions(withSentences(status, 150), 30);
}

/** The last resort, for letters of four bytes each. */
function withFewWords(status: FullStatus): FullStatus {
  const few = withVerdicts(withAnswers(withConditions(withSentences(status, 40), 10), 20), 3, 40, 0);
  return {
    ...few,
    ...outboxOf(few, 1, 20),
    ...mailOf(few, 1, 20),
    display: Object.fromEntries(Object.entries(few.display).map(([key, text]) => [key, clip(text, 60)])),
    ...(few.pausedBy === undefined ? {} : { pausedBy: clip(few.pausedBy, 60) }),
  };
}

/** A state that is no state makes its gate begin anew, and say so. */
function withoutCounts(status: FullStatus): FullStatus {
  const { evidence } = status;
  if (evidence === undefined) return status;
  const ids = Object.entries(evidence.gates ?? {}).slice(0, 16);
  const gates = Object.fromEntries(ids.map(([id, { version }]) => [id, { version, state: {} }]));
  return { ...status, evidence: { ...evidence, gates } };
}

/** The first letters of a text, never half of a letter. */
function clip(text: string, letters: number): string {
  return text.length <= letters ? text.toWellFormed() : text.slice(0, letters).toWellFormed();
}
