// Serin's own DestinationRules in the cluster: made before routes name their subsets, and taken away when none does any more.
import { z } from 'zod';
import { type Mesh, type SubsetWanted, subsetObjects } from '../../../controller/mesh-port.ts';
import type { Lanes, MadeObject } from '../../../domain/lanes.ts';
import { fullHost } from '../hosts.ts';
import { type IstioObjects, parsed } from '../requests.ts';
import { removed, routedAround, rulesAround, servicesIn } from './cluster.ts';
import { protocols, type RoutedObject } from './object.ts';
import { definesAll, isSerins, type Rule, ruleFor, ruleSchema, unlabelled, type WantedRule } from './rules.ts';

/** The subsets of lanes, written through the Kubernetes API. */
export function laneSubsets(objects: IstioObjects): Pick<Mesh, 'define' | 'undefine' | 'unrestorable'> {
  return {
    define: (lanes, wanted) => define(objects, lanes, wanted),
    undefine: (made) => undefine(objects, made),
    unrestorable: async (lanes, podLabels) => {
      const [rules, services] = await Promise.all([
        rulesOrNone(objects, lanes.namespace),
        servicesIn(objects, lanes.namespace),
      ]);
      return unlabelled(rules, lanes, services, podLabels, lanes.target);
    },
  };
}

async function rulesOrNone(objects: IstioObjects, namespace: string): Promise<readonly Rule[]> {
  const rules = await rulesAround(objects, namespace);
  return rules === 'notServed' ? [] : rules;
}

async function define(objects: IstioObjects, lanes: Lanes, wanted: SubsetWanted): Promise<void> {
  const rules = await rulesOrNone(objects, lanes.namespace);
  for (const [at, place] of subsetObjects(lanes, wanted.stem).entries()) {
    const host = lanes.hosts[at];
    if (host !== undefined) await defineOne(objects, place, ruleFor(host, place.name, lanes, wanted, rules), rules);
  }
}

/** One that an earlier rollout left behind is made anew when it lacks something; no route names its subsets yet. */
async function defineOne(
  objects: IstioObjects,
  { namespace, name }: MadeObject,
  body: WantedRule,
  rules: readonly Rule[],
): Promise<void> {
  const found = rules.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  if (found !== undefined && !isSerins(found)) {
    throw new Error(
      `DestinationRule ${namespace}/${name} is somebody else's, and Serin needs the name for the time of a rollout. Rename it.`,
    );
  }
  if (found !== undefined && definesAll(found, body)) return;
  if (found !== undefined) await removed(objects, 'destinationrules', found);
  const answer = await objects.create('destinationrules', namespace, body);
  if (answer.status !== 409) parsed(z.unknown(), answer, `DestinationRule ${namespace}/${name}`);
  else if (!(await isDefined(objects, namespace, name, body))) {
    throw new Error(`DestinationRule ${namespace}/${name} was written by somebody else just now. Serin tries again.`);
  }
}

/** Whether whoever was first wrote what was wanted. */
async function isDefined(objects: IstioObjects, namespace: string, name: string, body: WantedRule): Promise<boolean> {
  const found = await objects.read('destinationrules', namespace, name);
  const rule = found === undefined ? undefined : ruleSchema.parse(found);
  return rule !== undefined && isSerins(rule) && definesAll(rule, body);
}

/** One whose subsets a route names stays: somebody was frozen on the way here, and the next attempt has begun. */
async function undefine(objects: IstioObjects, made: Lanes['made']): Promise<void> {
  const places = made.filter(({ kind }) => kind === 'DestinationRule');
  const [first] = places;
  if (first === undefined) return;
  const routed = await routedAround(objects, first.namespace);
  for (const { namespace, name } of places) {
    const found = await objects.read('destinationrules', namespace, name);
    const rule = found === undefined ? undefined : ruleSchema.parse(found);
    if (rule === undefined || !isSerins(rule) || (routed !== 'notServed' && routed.some((each) => names(each, rule))))
      continue;
    await removed(objects, 'destinationrules', rule);
  }
}

/** Whether an object names a subset that is Serin's and of this rule. */
function names({ metadata: { namespace }, spec }: RoutedObject, rule: Rule): boolean {
  const host = fullHost(rule.spec.host, rule.metadata.namespace);
  const own = rule.spec.subsets.map(({ name }) => name).filter((name) => name.startsWith('serin-'));
  return protocols.some((protocol) =>
    spec[protocol]?.some(({ route = [] }) =>
      route.some(
        ({ destination }) => fullHost(destination.host, namespace) === host && own.includes(destination.subset ?? ''),
      ),
    ),
  );
}
