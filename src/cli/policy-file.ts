// A CanaryPolicy from a file, as the settings that it stands for.
import { policySettings, unknownField } from '../domain/policy.ts';
import type { CliParts } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';
import { readText } from './input.ts';
import { isObject, readManifests } from './manifests.ts';

/** The settings of the one CanaryPolicy in a file, under the names of the annotations. What is wrong with it is a usage error. */
export async function readPolicyFile(parts: CliParts, file: string): Promise<Readonly<Record<string, string>>> {
  const { manifests, problems } = readManifests(await readText(parts, file));
  const [problem] = problems;
  if (problem !== undefined) throw wrong(`${file}:${problem.line}: ${problem.message}`);
  const policies = manifests.filter(({ value }) => value['kind'] === 'CanaryPolicy');
  const [policy] = policies;
  if (policy === undefined || policies.length > 1)
    throw wrong(
      `${file} holds ${policies.length === 0 ? 'no CanaryPolicy' : `${policies.length} CanaryPolicies`}. Expected exactly one.`,
    );
  const { spec } = policy.value;
  if (!isObject(spec))
    throw wrong(`${file}:${policy.lineOf([])}: spec is missing. Expected the fields of the policy under it.`);
  for (const field of Object.keys(spec)) {
    const unknown = unknownField(field);
    if (unknown !== undefined) throw wrong(`${file}:${policy.lineOf(['spec', field])}: ${unknown}`);
  }
  return policySettings(spec);
}

function wrong(message: string): CliError {
  return new CliError(exitCodes.usage, message);
}
