// The health gate: the canary's pods, as the cluster sees them. It needs no metrics and remembers nothing.
import type { JudgeContext, Opinion } from '../gate.ts';
import type { GateVerdict } from '../verdict.ts';
import { opinion } from './words.ts';

const longestQuote = 400;
const troubleWords: Readonly<Record<string, string>> = {
  crashLoop: 'keeps crashing',
  imagePull: 'cannot pull its image',
  outOfMemory: 'was killed because it ran out of memory',
  unschedulable: 'cannot be placed on any node',
  notStarting: 'does not start',
};

/** A pod in trouble fails the canary at once, in the pod's own words; pods that are not ready yet leave it undecided. */
export function sayHealth({ pods, subject }: JudgeContext): GateVerdict {
  return { gate: 'health', ...healthOpinion(pods, subject.canary) };
}

function healthOpinion({ ready, wanted, troubles }: JudgeContext['pods'], canary: string): Opinion {
  const [first, ...others] = troubles;
  if (first !== undefined) {
    const what = troubleWords[first.kind] ?? `is in trouble (${first.kind})`;
    const more = others.length === 0 ? '' : ` ${others.length} more of its pods are in trouble.`;
    return opinion('fail', 'PodsFailing', `Pod ${first.pod} of the canary ${what}: ${quoted(first.message)}${more}`);
  }
  if (wanted === 0) {
    return opinion(
      'undecided',
      'PodsNotReady',
      `The canary ${canary} wants no pods at all. Scale it up, so that it can serve its weight.`,
    );
  }
  if (ready < wanted) {
    return opinion(
      'undecided',
      'PodsNotReady',
      `${ready} of ${wanted} pods of the canary ${canary} are ready; waiting for the others.`,
    );
  }
  const all = wanted === 1 ? 'The only pod' : `All ${wanted} pods`;
  return opinion('pass', 'PodsHealthy', `${all} of the canary ${canary} ${wanted === 1 ? 'is' : 'are'} ready.`);
}

function quoted(words: string): string {
  const line = words.replaceAll(/\s+/g, ' ').trim();
  if (line === '') return 'it left no message.';
  return `"${line.length > longestQuote ? `${line.slice(0, longestQuote)}...` : line}".`;
}
