// Single numbers from Prometheus, for custom gates.
import type { Gauge } from '../../controller/ports.ts';
import type { GaugeQuestion, Sample } from '../../domain/gates/custom.ts';
import { type Sample as Element, type PrometheusOptions, prometheusClient } from './client.ts';

/** Which of two queries an element answers. */
const armLabel = 'serin_arm';

/** Asks Prometheus 2.42 or later, one query for each look. */
export function prometheusGauge(options: PrometheusOptions): Gauge {
  const ask = prometheusClient(options);
  return {
    text: gaugeQuery,
    async ask(question, at) {
      const answer = await ask(gaugeQuery(question), at);
      if (answer.kind === 'down') return answer;
      if (question.stable === undefined) return { kind: 'look', look: { canary: sampleOf(answer.samples) } };
      const of = (arm: string): readonly Element[] => answer.samples.filter(({ labels }) => labels[armLabel] === arm);
      return { kind: 'look', look: { canary: sampleOf(of('canary')), stable: sampleOf(of('stable')) } };
    },
  };
}

/** One query for both arms, so that both are of one moment and cost one request. A comment at the end of either ends with its line. */
export function gaugeQuery({ canary, stable }: GaugeQuestion): string {
  if (stable === undefined) return canary;
  const arm = (query: string, name: string): string =>
    `label_replace((\n${query}\n), "${armLabel}", "${name}", "", "")`;
  return `${arm(canary, 'canary')}\nor\n${arm(stable, 'stable')}`;
}

function sampleOf(elements: readonly Element[]): Sample {
  const [first, second] = elements;
  if (first === undefined) return { kind: 'none' };
  if (second !== undefined) return { kind: 'several', count: elements.length };
  const { value } = first;
  if (Number.isFinite(value)) return { kind: 'number', value };
  return { kind: 'notNumber', text: Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf' };
}
