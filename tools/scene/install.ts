// Serin's objects in a stack's cluster, for a controller that runs as a process on this machine in the place of the one in a pod.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { Stack } from '../stack/description.ts';
import { kubectlEventually, kubectlOutput } from '../stack/kubectl.ts';

/** The namespace of the controller's account. */
export const home = 'serin-system';

const deploy = join(import.meta.dirname, '..', '..', 'deploy');
const establishedMs = 30_000;

/** Applies Serin's kinds and waits until they are served. */
export async function installKinds(stack: Stack): Promise<void> {
  const crds = join(deploy, 'crds');
  await kubectlOutput(stack, ['apply', '--server-side', '--force-conflicts', '-f', crds]);
  await kubectlEventually(stack, ['wait', '--for=condition=Established', '--timeout=5s', '-f', crds], establishedMs);
}

/** Applies the controller's account with its rights, and the policies that hold template changes unless they are not wanted. */
export async function installAccount(stack: Stack, { policies }: { readonly policies: boolean }): Promise<void> {
  const files = [
    'controller/namespace.yaml',
    'controller/access.yaml',
    ...(policies ? ['admission/hold.yaml', 'admission/held.yaml'] : []),
  ];
  const flags = files.flatMap((file) => ['-f', join(deploy, file)]);
  // Somebody else may be applying the same at this moment, which kubectl takes for a conflict.
  await kubectlEventually(stack, ['apply', '--server-side', '--force-conflicts', ...flags], establishedMs);
}

/** Applies the roles of people, and the policy that holds their requests to them. */
export async function installPeople(stack: Stack): Promise<void> {
  const flags = ['controller/people.yaml', 'admission/requests.yaml'].flatMap((file) => ['-f', join(deploy, file)]);
  await kubectlEventually(stack, ['apply', '--server-side', '--force-conflicts', ...flags], establishedMs);
}

const kubeconfigSchema = z.looseObject({ users: z.tuple([z.looseObject({ name: z.string() })]) });

/**
 * Writes a kubeconfig that presents a fresh token of the ServiceAccount, and gives its path. It goes with the stack. Whoever runs
 * beside others gives a file of its own.
 */
export async function kubeconfigOfAccount(
  stack: Stack,
  namespace: string,
  account: string,
  file = `${namespace}-${account}`,
): Promise<string> {
  const token = await kubectlOutput(stack, ['create', 'token', account, '-n', namespace, '--duration=1h']);
  const admin = kubeconfigSchema.parse(parse(await readFile(stack.kubeconfig, 'utf8')));
  const [user] = admin.users;
  const path = join(stack.folder, 'kubeconfigs', file);
  const own = { ...admin, users: [{ name: user.name, user: { token: token.trim() } }] };
  await writeFile(path, stringify(own), { mode: 0o600 });
  return path;
}
