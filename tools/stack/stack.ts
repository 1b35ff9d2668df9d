// Starting a stack: every real part that tests and the demo run on, together, on loopback.

import { rm, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { fillCluster, whenUsable } from './cluster.ts';
import { auditLog, prometheusConfig, prometheusConfigFile } from './commands.ts';
import { type Stack, type StackDescription, stackFrom } from './description.ts';
import { apiServerUrl, kubeconfigOf, writeIdentities } from './identities.ts';
import { type Layout, newLayout } from './layout.ts';
import { endOfLog } from './part.ts';
import { obtainPrograms, type PartGroup, type Programs, planStack, type StackPlan } from './plan.ts';
import { engageWarden } from './warden-client.ts';

/** All groups are started unless `parts` names some. `scrapeInterval` is Prometheus' own (`1s` unless given). `keepFolder` leaves data and logs behind. */
export interface StackOptions {
  readonly parts?: readonly PartGroup[];
  readonly scrapeInterval?: string;
  readonly keepFolder?: boolean;
  readonly onProgress?: (line: string) => void;
}

const allParts: readonly PartGroup[] = ['control-plane', 'redis', 'prometheus', 'mesh'];

/**
 * Finds (or builds, once per machine) and starts the parts, and resolves when all are ready. They end with `stop`, and when this
 * process ends, however it ends. Throws `MissingPart` when this machine lacks one, and with the end of its log when one does not start.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { parts = allParts, scrapeInterval = '1s', keepFolder = false, onProgress = () => undefined } = options;
  if (parts.includes('mesh') && !parts.includes('control-plane'))
    throw new Error("The part 'mesh' needs the part 'control-plane'.");
  const programs = await obtainPrograms(parts, onProgress);
  const layout = await newLayout();
  try {
    return await startIn(layout, programs, scrapeInterval, keepFolder, onProgress);
  } catch (cause) {
    if (!keepFolder) await rm(layout.folder, { recursive: true, force: true });
    throw cause;
  }
}

async function startIn(
  layout: Layout,
  programs: Programs,
  scrapeInterval: string,
  keepFolder: boolean,
  say: (line: string) => void,
): Promise<Stack> {
  const adminToken = await writeIdentities(layout);
  const config = prometheusConfig(layout, scrapeInterval, programs.mesh !== undefined);
  await writeFile(prometheusConfigFile(layout.folder), stringify(config));
  const plan = planStack(programs, layout, adminToken);
  const commands = Object.fromEntries(Object.entries(plan).map(([name, part]) => [name, part.command]));
  const warden = await engageWarden({ folder: layout.folder, keepFolder, commands });
  const stack = stackFrom(descriptionOf(layout, programs, plan, warden.url), () => warden.dismiss());
  try {
    await startAll(stack, programs, say);
    return stack;
  } catch (cause) {
    const told = withLogsOfTheDead(stack, cause);
    await warden.dismiss();
    throw told;
  }
}

// A part without a probe may have ended unnoticed and be the reason why the others wait in vain.
function withLogsOfTheDead(stack: Stack, cause: unknown): Error {
  const silent = {
    'kube-controller-manager': stack.controllerManager,
    'kube-scheduler': stack.scheduler,
    kwok: stack.kwok,
  };
  const dead = Object.entries(silent).filter(
    ([, part]) => stack.apiServer.pid() !== undefined && part.pid() === undefined,
  );
  const logs = dead.map(([name]) => `${name} does not run. The end of its log:\n${endOfLog(stack.folder, name)}`);
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Error([`The stack did not start: ${message}`, ...logs].join('\n'), { cause });
}

function descriptionOf(layout: Layout, programs: Programs, plan: StackPlan, warden: string): StackDescription {
  const { folder } = layout;
  return {
    folder,
    kubeconfig: kubeconfigOf(folder, 'admin'),
    apiServerUrl: apiServerUrl(layout),
    auditLog: auditLog(folder),
    bin: { kubectl: programs.cluster?.controlPlane.kubectl ?? '', promtool: programs.prometheus?.promtool ?? '' },
    parts: Object.entries(plan).map(([name, { probe, url }]) => ({
      name,
      folder,
      warden,
      probe,
      ...(url !== undefined && { url }),
    })),
  };
}

async function startAll(stack: Stack, programs: Programs, say: (line: string) => void): Promise<void> {
  const started = Date.now();
  const tell = (line: string): void => say(`${((Date.now() - started) / 1_000).toFixed(1)} s: ${line}`);
  await Promise.all([
    programs.redis === undefined ? undefined : stack.redis.start(),
    programs.prometheus === undefined ? undefined : stack.prometheus.start(),
    programs.cluster === undefined ? undefined : startCluster(stack, programs.cluster.istioCrds, tell),
  ]);
  if (programs.mesh !== undefined) await stack.mesh.start();
  tell('the stack is ready');
}

async function startCluster(stack: Stack, istioCrds: string, tell: (line: string) => void): Promise<void> {
  await stack.etcd.start();
  tell('etcd is ready');
  await stack.apiServer.start();
  tell('the API server is ready');
  await fillCluster(stack, istioCrds); // first, or the garbage collector learns of the CRDs half a minute later
  tell("nodes and Istio's CRDs are applied");
  await Promise.all([stack.controllerManager, stack.scheduler, stack.kwok].map((part) => part.start()));
  await whenUsable(stack);
}
