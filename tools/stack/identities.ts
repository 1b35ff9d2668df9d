// Who may talk to the API server of a stack: a static token and a kubeconfig for each.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Layout } from './layout.ts';

// alice and bob are people without any right until a test binds one to them.
const groups = {
  admin: ['system:masters'],
  'system:kube-controller-manager': [],
  'system:kube-scheduler': [],
  kwok: ['system:masters'],
  'mesh-simulator': ['system:masters'],
  alice: ['developers'],
  bob: ['developers'],
} as const satisfies Record<string, readonly string[]>;

/** A user that the API server knows by a token. */
export type User = keyof typeof groups;

const users: readonly User[] = [
  'admin',
  'system:kube-controller-manager',
  'system:kube-scheduler',
  'kwok',
  'mesh-simulator',
  'alice',
  'bob',
];

/** The address of the API server. */
export function apiServerUrl(layout: Layout): string {
  return `https://127.0.0.1:${layout.ports.apiServer}`;
}

/** The PEM file that the API server's certificate is verified against. The API server writes it at its first start. */
export function certificates(folder: string): string {
  return join(folder, 'certificates', 'apiserver.crt');
}

/** The path of a user's kubeconfig. */
export function kubeconfigOf(folder: string, user: User): string {
  return join(folder, 'kubeconfigs', user.replace('system:', ''));
}

/** The file of static tokens that kube-apiserver reads. */
export function tokenFile(folder: string): string {
  return join(folder, 'certificates', 'tokens.csv');
}

/** The private key that signs ServiceAccount tokens; kube-apiserver verifies with it too. */
export function serviceAccountKey(folder: string): string {
  return join(folder, 'certificates', 'service-accounts.key');
}

/** Writes the tokens, the signing key and the kubeconfigs, and gives the admin's token. */
export async function writeIdentities(layout: Layout): Promise<string> {
  const tokens = new Map(users.map((user) => [user, randomBytes(24).toString('base64url')] as const));
  const rows = [...tokens].map(([user, token]) => `${token},${user},${user},"${groups[user].join(',')}"\n`);
  await writeFile(tokenFile(layout.folder), rows.join(''), { mode: 0o600 });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(serviceAccountKey(layout.folder), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  for (const [user, token] of tokens) {
    await writeFile(kubeconfigOf(layout.folder, user), kubeconfig(layout, user, token), { mode: 0o600 });
  }
  return tokens.get('admin') ?? '';
}

function kubeconfig(layout: Layout, user: User, token: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'serin',
        cluster: { server: apiServerUrl(layout), 'certificate-authority': certificates(layout.folder) },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'serin', context: { cluster: 'serin', user } }],
    'current-context': 'serin',
  });
}
