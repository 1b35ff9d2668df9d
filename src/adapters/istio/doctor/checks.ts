// Every check, in the order in which they are told.
import { capacityChecks } from './capacity.ts';
import type { Check } from './check.ts';
import { delegateChecks } from './delegates.ts';
import { gateChecks } from './gates.ts';
import { gatewayChecks } from './gateways.ts';
import { metricsChecks } from './metrics.ts';
import { otherChecks } from './others.ts';
import { permissionChecks } from './permissions.ts';
import { podChecks } from './pods.ts';
import { portChecks } from './ports.ts';
import { routeChecks } from './routes.ts';
import { ruleChecks } from './rules.ts';
import { securityChecks } from './security.ts';
import { sidecarChecks } from './sidecar.ts';

/** All of them; ids are unique and never renamed. */
export const checks: readonly Check[] = [
  ...otherChecks,
  ...sidecarChecks,
  ...podChecks,
  ...portChecks,
  ...routeChecks,
  ...delegateChecks,
  ...gatewayChecks,
  ...ruleChecks,
  ...securityChecks,
  ...capacityChecks,
  ...metricsChecks,
  ...gateChecks,
  ...permissionChecks,
];
