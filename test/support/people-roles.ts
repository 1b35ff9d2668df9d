// The ClusterRoles of people from deploy/, which all stories share.
import { join } from 'node:path';
import { kubectlEventually } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from './attach.ts';
import { patientMs } from './eventually.ts';

const file = join(import.meta.dirname, '..', '..', 'deploy', 'controller', 'people.yaml');

/** Puts them there. Stories side by side may do so at the same time, which kubectl takes for a conflict at first. */
export async function applyPeopleRoles(): Promise<void> {
  await kubectlEventually(stackOfThisRun(), ['apply', '--server-side', '--force-conflicts', '-f', file], patientMs);
}
