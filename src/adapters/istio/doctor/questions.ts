// What Prometheus is asked about stable's requests of the last five minutes, as text. Pure.
import type { Traffic } from './facts.ts';

const span = '5m';

/** The expressions behind `Traffic`, each of one value or none. `rate` loses the first value of a series, which an estimate can bear. */
export function questionsAbout(namespace: string, workload: string): { readonly [K in keyof Traffic]: string } {
  const stable = `destination_workload_namespace=${JSON.stringify(namespace)},destination_workload=${JSON.stringify(workload)}`;
  const of = (more: string): string => `istio_requests_total{${stable}${more === '' ? '' : `,${more}`}}`;
  // Those of pods that are gone by now too: their requests are of the last minutes all the same.
  const lately = (more: string): string => `last_over_time(${of(more)}[${span}])`;
  const grown = (more: string): string => `increase(${of(more)}[${span}])`;
  const byReporter = (more: string): string => `sum by (reporter) (${grown(more)})`;
  return {
    series: 'count(istio_requests_total)',
    bySource: `count(${lately('reporter=~"source|waypoint"')})`,
    byDestination: `count(${lately('reporter="destination"')})`,
    perSecond: `max(sum by (reporter) (rate(${of('')}[${span}])))`,
    failing: `max((${byReporter('response_code=~"5.."')} or 0 * ${byReporter('')}) / ${byReporter('')})`,
    unmeshed: `(sum(${grown('reporter="destination",connection_security_policy="none",source_workload="unknown"')}) or vector(0)) / sum(${grown('reporter="destination"')})`,
    jobs: `max(count by (pod) (count by (pod, job) (${lately('reporter="destination",pod!=""')})))`,
    scrapeSeconds: `300 / max(count_over_time(${of('')}[${span}]))`,
    clusters: `count(count by (destination_cluster) (${of('destination_cluster!="unknown"')}))`,
    rejected: `sum(increase(pilot_total_xds_rejects[${span}]))`,
    convergenceSeconds: `histogram_quantile(0.99, sum by (le) (rate(pilot_proxy_convergence_time_bucket[${span}])))`,
  };
}
