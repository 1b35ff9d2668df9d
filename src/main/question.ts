// Single numbers from Prometheus, for the doctor.
import type { Question } from '../adapters/istio/doctor/gather.ts';
import { type PrometheusOptions, prometheusClient } from '../adapters/prometheus/client.ts';
import type { Clock } from '../controller/ports.ts';

/** Asks for the first value of an expression as it is now. Rejects with a sentence free of credentials when there is no answer. */
export function prometheusQuestion(options: PrometheusOptions, clock: Clock): Question {
  const ask = prometheusClient(options);
  return async (query) => {
    const answer = await ask(query, clock.now());
    if (answer.kind === 'down') throw new Error(answer.message);
    return answer.samples[0]?.value;
  };
}
