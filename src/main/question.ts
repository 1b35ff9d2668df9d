// Numbers from Prometheus as they are now, for the doctor.
import type { GaugeQuestions, Question } from '../adapters/istio/doctor/gather.ts';
import { type PrometheusOptions, prometheusClient } from '../adapters/prometheus/client.ts';
import { prometheusGauge } from '../adapters/prometheus/gauge.ts';
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

/** Asks the questions of custom gates as of now. */
export function prometheusGaugeQuestions(options: PrometheusOptions, clock: Clock): GaugeQuestions {
  const gauge = prometheusGauge(options);
  return (question) => gauge.ask(question, clock.now());
}
