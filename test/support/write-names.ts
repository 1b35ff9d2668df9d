// What a controller's write is for, in a few words, so that the same write is recognised in another run.
import type { SeenWrite, SentWrite } from './write-proxy.ts';

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

/** A word or two for the write: `status shifting 1`, `weights 50 epoch 1`, `event Promoted on Deployment`. */
export function nameOf(write: SentWrite): string {
  const { path, method } = write;
  if (path.includes('/virtualservices/')) return routeWrite(operationsOf(write));
  if (path.endsWith('/status') && path.includes('/canaryrollouts/')) return statusWrite(write.body);
  if (path.includes('/canaryrollouts')) return method === 'POST' ? 'create rollout' : `${method} rollout`;
  if (path.includes('/events')) return eventWrite(write.body);
  return path.endsWith('/status') ? 'accept' : markWrite(write.body);
}

/** Whether the rollout depends on the write: its own record and the route. The others only tell people of it. */
export function isEssential({ path }: SentWrite): boolean {
  return path.includes('/canaryrollouts') || path.includes('/virtualservices');
}

/** The claims, `<namespace>/<rollout>@<epoch>`, with which weights were written; each stands for one move of weight. */
export function claimsWritten(writes: readonly SeenWrite[]): readonly string[] {
  return writes
    .filter(({ path, status }) => path.includes('/virtualservices/') && status === 200)
    .flatMap((write) => claimIn(operationsOf(write)) ?? []);
}

/** Whether the write moves weights of a VirtualService, to this share of the canary when one is given. */
export function movesWeight(write: SentWrite, canary?: number): boolean {
  if (!write.path.includes('/virtualservices/')) return false;
  const weights = operationsOf(write).filter(({ path }) => path.endsWith('/weight'));
  return weights.length > 0 && (canary === undefined || weights.some(({ value }) => value === canary));
}

/** Whether the write saves the status of a rollout in this phase. */
export function savesPhase(write: SentWrite, phase: string): boolean {
  return nameOf(write).startsWith(`status ${phase} `);
}

function operationsOf({ body }: SentWrite): readonly Operation[] {
  return Array.isArray(body) ? body : [];
}

function routeWrite(operations: readonly Operation[]): string {
  if (operations.some(({ path }) => path.startsWith('/metadata/managedFields'))) return 'disown';
  const claim = claimIn(operations);
  if (claim === undefined) return 'unclaim';
  const [, canary] = operations.filter(({ path }) => path.endsWith('/weight'));
  return `weights ${String(canary?.value)} epoch ${claim.split('@')[1]}`;
}

function claimIn(operations: readonly Operation[]): string | undefined {
  const claim = operations.find(({ op, path }) => op === 'add' && path.startsWith('/metadata/annotations'));
  if (claim === undefined) return undefined;
  return typeof claim.value === 'string' ? claim.value : Object.values(claim.value as Record<string, string>)[0];
}

interface Body {
  readonly status?: {
    readonly phase?: string;
    readonly step?: number;
    readonly writtenAt?: string;
    readonly cleanUp?: string;
    readonly route?: unknown;
  };
  readonly reason?: string;
  readonly regarding?: { readonly kind?: string };
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
}

function statusWrite(body: unknown): string {
  const { phase, step, writtenAt, cleanUp, route } = (body as Body).status ?? {};
  const written = writtenAt === undefined ? '' : ' written';
  const located = phase === 'pending' && route !== undefined ? ' located' : '';
  return `status ${phase} ${step}${written}${located}${cleanUp === undefined ? '' : ` ${cleanUp}`}`;
}

/** The Event a write makes: `event Promoted on Deployment`; without a reason when it only counts on one. */
export function eventWrite(body: unknown): string {
  const { reason, regarding } = body as Body;
  return `event ${reason} on ${regarding?.kind}`;
}

function markWrite(body: unknown): string {
  const annotations = (body as Body).metadata?.annotations ?? {};
  const last = annotations['serin.dev/last'] === undefined ? '' : ' for good';
  return `mark ${annotations['serin.dev/phase']}${last}`;
}
