// What the doctor found, remembered for a moment: an examination reads thirty lists, and a rollout that waits looks every few seconds.
import type { Instant, Millis } from '../domain/time.ts';
import type { Clock, Doctor, Finding } from './ports.ts';

/** How old a finding may be. Whoever mends what was found waits so long at most. */
export const freshMs: Millis = 10_000;
/** Deployments remembered at once. */
const mostRemembered = 1_000;

/** A doctor that looks at a Deployment at most once in `freshMs`; whoever asks meanwhile is told what was found last. */
export function rememberingDoctor(doctor: Doctor, clock: Pick<Clock, 'now'>): Doctor {
  const known = new Map<string, { readonly at: Instant; readonly findings: Promise<readonly Finding[]> }>();
  return {
    examine(namespace, name) {
      const [key, now] = [`${namespace}/${name}`, clock.now()];
      const last = known.get(key);
      if (last !== undefined && now - last.at < freshMs) return last.findings;
      const findings = doctor.examine(namespace, name);
      known.delete(key);
      known.set(key, { at: now, findings });
      findings.catch(() => known.delete(key));
      const [oldest] = known.keys();
      if (known.size > mostRemembered && oldest !== undefined) known.delete(oldest);
      return findings;
    },
  };
}
