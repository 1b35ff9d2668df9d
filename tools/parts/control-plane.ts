// The Kubernetes control plane: etcd, kube-apiserver, kube-controller-manager,
// kube-scheduler and kubectl of one version.

import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, cacheOnce, hashOf } from './cache.ts';
import { answers, downloadText, downloadVerified, takeFromArchive } from './download.ts';
import { isExecutable } from './executable.ts';
import { buildGo, whyNoGo } from './go.ts';
import { found, missing, type Obtained, type Outcome, obtain, type Say, type Way } from './obtain.ts';

const kubernetes = 'v1.36.3';
const etcd = 'v3.6.8';
const module = join(import.meta.dirname, '..', 'control-plane');
const programs = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'] as const;

/** Where the release binaries are published. */
export interface Releases {
  readonly kubernetes: string;
  readonly etcd: string;
}

const releases: Releases = {
  kubernetes: `https://dl.k8s.io/release/${kubernetes}/bin/linux/${architecture()}`,
  etcd: `https://github.com/etcd-io/etcd/releases/download/${etcd}`,
};

/** Paths of the five programs. */
export type ControlPlane = { readonly [program in (typeof programs)[number]]: string };

/** Finds the control plane, or downloads or builds it (minutes, once per machine). Throws `MissingPart` when nothing of it works here. */
export async function obtainControlPlane(say: Say): Promise<Obtained<ControlPlane>> {
  const entry = `control-plane-${await hashOf(module, [...ldflags(), process.platform, process.arch])}`;
  const ways = [assets(), fromCache(entry), fromReleases(entry, releases, say), fromSource(entry, say)];
  return obtain(
    `The Kubernetes control plane (${kubernetes})`,
    ways,
    'install Go 1.26 or later, or set KUBEBUILDER_ASSETS to a folder with the five programs.',
  );
}

function assets(): Way<ControlPlane> {
  return {
    name: 'KUBEBUILDER_ASSETS',
    async find() {
      const folder = process.env['KUBEBUILDER_ASSETS'];
      return folder === undefined || folder === '' ? missing('not set') : inFolder(folder);
    },
  };
}

function fromCache(entry: string): Way<ControlPlane> {
  return {
    name: 'cache',
    async find() {
      const folder = await cached(entry);
      return folder === undefined ? missing('nothing there yet') : inFolder(folder);
    },
  };
}

function fromReleases(entry: string, from: Releases, say: Say): Way<ControlPlane> {
  return {
    name: 'download of the release',
    async find() {
      if (process.platform !== 'linux') return missing('released for Linux only');
      if (!(await answers(`${from.kubernetes}/kubectl.sha256`)))
        return missing(`${new URL(from.kubernetes).host} does not answer`);
      try {
        return inFolder(await cacheOnce(entry, (folder) => downloadControlPlane(folder, from, say), say));
      } catch (cause) {
        return missing(cause instanceof Error ? cause.message : String(cause));
      }
    },
  };
}

function fromSource(entry: string, say: Say): Way<ControlPlane> {
  return {
    name: 'build with Go',
    async find() {
      return (
        (await whyNoGo(1, 26)) ?? inFolder(await cacheOnce(entry, (folder) => buildControlPlane(folder, say), say))
      );
    },
  };
}

function inFolder(folder: string): Outcome<ControlPlane> {
  const absent = programs.filter((program) => !isExecutable(join(folder, program)));
  if (absent.length > 0) return missing(`${folder} has no ${absent.join(', ')}`);
  return found({
    etcd: join(folder, 'etcd'),
    'kube-apiserver': join(folder, 'kube-apiserver'),
    'kube-controller-manager': join(folder, 'kube-controller-manager'),
    'kube-scheduler': join(folder, 'kube-scheduler'),
    kubectl: join(folder, 'kubectl'),
  });
}

/** Downloads the five programs into a folder and verifies each against its published SHA-256. Throws on the first that does not match. */
export async function downloadControlPlane(folder: string, from: Releases, say: Say): Promise<void> {
  for (const program of programs.filter((each) => each !== 'etcd')) {
    say(`the Kubernetes control plane: downloading ${program}`);
    const sum = (await downloadText(`${from.kubernetes}/${program}.sha256`)).trim().slice(0, 64);
    await downloadVerified(`${from.kubernetes}/${program}`, sum, join(folder, program));
  }
  say('the Kubernetes control plane: downloading etcd');
  const release = `etcd-${etcd}-linux-${architecture()}`;
  const sums = await downloadText(`${from.etcd}/SHA256SUMS`);
  const line = sums.split('\n').find((each) => each.endsWith(` ${release}.tar.gz`));
  if (line === undefined) throw new Error(`${from.etcd}/SHA256SUMS has no line for ${release}.tar.gz.`);
  const archive = join(folder, 'etcd.tar.gz');
  await downloadVerified(`${from.etcd}/${release}.tar.gz`, line.slice(0, 64), archive);
  await takeFromArchive(archive, `${release}/etcd`, join(folder, 'etcd'));
}

async function buildControlPlane(folder: string, say: Say): Promise<void> {
  const output = join(folder, 'control-plane');
  await buildGo(
    { what: 'the Kubernetes control plane', folder: module, output, ldflags: ldflags(), expectedMinutes: 5 },
    say,
  );
  for (const program of programs) await symlink('control-plane', join(folder, program));
}

function ldflags(): readonly string[] {
  const [major, minor] = kubernetes.slice(1).split('.');
  const values = {
    gitVersion: kubernetes,
    gitMajor: major,
    gitMinor: minor,
    gitCommit: 'published',
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z',
  };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  return packages.flatMap((name) =>
    Object.entries(values).map(([variable, value]) => `-X ${name}.${variable}=${value}`),
  );
}

function architecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
