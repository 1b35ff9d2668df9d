// serin lint: what is wrong with manifests, said before they are applied. Needs no cluster.
import { concerns } from '../domain/settings.ts';
import { nearest } from '../domain/spelling.ts';
import type { CliParts } from './cluster.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { manifestFiles, readText } from './input.ts';
import { type At, annotationsOf, type Complaint } from './lint-complaint.ts';
import { deploymentComplaints, templateAnnotationsOf } from './lint-deployment.ts';
import { policyComplaints, type QuerySyntax } from './lint-policy.ts';
import { type Manifest, type Path, readManifests } from './manifests.ts';

/** Prints every problem with its line: 0 when there is none, 2 when there are some or a file cannot be read. */
export async function runLint(parts: CliParts, paths: readonly string[]): Promise<ExitCode> {
  const files = await manifestFiles(parts, paths);
  const syntax = await parts.querySyntax();
  const read = await Promise.all(files.map(async (file) => ({ file, ...readManifests(await readText(parts, file)) })));
  const policies = read.flatMap(({ manifests }) => manifests.filter(isPolicy));
  let found = 0;
  let looked = 0;
  for (const { file, manifests, problems } of read) {
    const own = manifests.filter(isOurs);
    const complaints = [...problems, ...own.flatMap((manifest) => complaintsOf(manifest, policies, syntax))];
    for (const { line, message } of complaints.toSorted((a, b) => a.line - b.line))
      parts.terminal.out(`${shown(file)}:${line}: ${message}\n`);
    found += complaints.length;
    looked += own.length;
  }
  parts.terminal.err(`${summary(looked, found)}\n`);
  return found === 0 ? exitCodes.reached : exitCodes.usage;
}

function summary(looked: number, found: number): string {
  if (looked === 0 && found === 0) return 'Nothing here speaks to Serin: no CanaryPolicy, and no annotated Deployment.';
  const objects = looked === 1 ? 'One object was' : `${looked} objects were`;
  return `${objects} looked at: ${found === 0 ? 'all is well' : found === 1 ? 'one problem' : `${found} problems`}.`;
}

function shown(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/** Whether Serin, or somebody who means Serin, reads the object. */
function isOurs(manifest: Manifest): boolean {
  return isPolicy(manifest) || isStranger(manifest) || isAsking(manifest) || isMisplaced(manifest);
}

const kinds = ['CanaryPolicy', 'CanaryRollout'];

/** Whether it is of Serin's group and of a kind that there is not. */
function isStranger({ value }: Manifest): boolean {
  return String(value['apiVersion']).startsWith('serin.dev/') && !kinds.includes(String(value['kind']));
}

function isPolicy({ value }: Manifest): boolean {
  return value['kind'] === 'CanaryPolicy';
}

function isAsking({ value }: Manifest): boolean {
  return value['kind'] === 'Deployment' && concerns(annotationsOf(value));
}

/** Whether the pod template carries what belongs on the Deployment. */
function isMisplaced({ value }: Manifest): boolean {
  return value['kind'] === 'Deployment' && concerns(templateAnnotationsOf(value));
}

function complaintsOf(manifest: Manifest, policies: readonly Manifest[], syntax: QuerySyntax): readonly Complaint[] {
  const at = (path: Path, message: string, offset?: number): Complaint => ({
    line: manifest.lineOf(path, offset),
    message,
  });
  if (isStranger(manifest)) return [strangerComplaint(manifest, at)];
  if (!isPolicy(manifest)) return deploymentComplaints(manifest, policies, at);
  return policyComplaints(manifest, policies, syntax, at);
}

function strangerComplaint({ value }: Manifest, at: At): Complaint {
  const kind = String(value['kind']);
  const guess = nearest(kind, kinds) ?? 'CanaryPolicy';
  return at(['kind'], `kind is ${JSON.stringify(kind)}, which serin.dev does not have. Did you mean ${guess}?`);
}
