// Which pods are so young that their counters cannot hold a lifetime of requests.
import type { Slot } from '../../domain/evidence.ts';
import type { Instant, Millis } from '../../domain/time.ts';

/** When a pod was created; undefined when nobody knows. May reject or hang, which counts as not known. */
export type PodAge = (namespace: string, pod: string) => Promise<Instant | undefined>;

/** A reporting pod; both empty where the scrape adds no such labels. */
export interface Pod {
  readonly namespace: string;
  readonly pod: string;
}

/** Asking for the age of more pods than this at once helps nobody: after a gap in Prometheus every pod looks new. */
const mostPodsAsked = 50;

/**
 * Which pods are young enough for their counters to be new: created within what one slot's query reaches back, two widths
 * before its end. What is counted in a slot has therefore always happened within that time.
 */
export async function youngPods(
  slot: Slot,
  pods: readonly Pod[],
  podAge: PodAge | undefined,
  timeoutMs: Millis,
): Promise<(pod: Pod) => boolean> {
  const keyOf = ({ namespace, pod }: Pod): string => `${namespace}/${pod}`;
  const named = new Map(
    pods.filter(({ namespace, pod }) => namespace !== '' && pod !== '').map((each) => [keyOf(each), each]),
  );
  if (podAge === undefined || named.size > mostPodsAsked) return () => false;
  const oldest = slot.start - (slot.end - slot.start);
  const young = new Set<string>();
  await Promise.all(
    [...named].map(async ([key, { namespace, pod }]) => {
      const created = await inTime(podAge(namespace, pod), timeoutMs);
      if (created !== undefined && created >= oldest) young.add(key);
    }),
  );
  return (pod) => young.has(keyOf(pod));
}

async function inTime<T>(promise: Promise<T>, timeoutMs: Millis): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, timeoutMs, undefined);
  try {
    return await Promise.race([promise, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
