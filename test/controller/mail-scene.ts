// A stage for what programs outside are told: rollouts in memory, receivers on loopback, and processes that can be killed.
import { onTestFinished } from 'vitest';
import { memoryRollouts } from '../../src/adapters/memory/rollouts.ts';
import { githubCarrier } from '../../src/adapters/outside/github.ts';
import { sender } from '../../src/adapters/outside/send.ts';
import { readSecret } from '../../src/adapters/outside/signature.ts';
import { webhookCarrier } from '../../src/adapters/outside/webhook.ts';
import type { Carrier } from '../../src/controller/carrier.ts';
import { type CarryMemory, carryMail, owesMail } from '../../src/controller/carry-mail.ts';
import { type Deliveries, deliveries } from '../../src/controller/deliveries.ts';
import { silentLog } from '../../src/controller/log.ts';
import type { Clock, RolloutStore } from '../../src/controller/ports.ts';
import { readOrigin } from '../../src/domain/allow-list.ts';
import { type MailTarget, withMail } from '../../src/domain/mail.ts';
import type { Rollout, RolloutId, RolloutStatus } from '../../src/domain/rollout.ts';
import { aPlan, aSpec, aStatus } from '../support/builders.ts';
import { simulatedClock } from '../support/clock.ts';
import { type FakeDeployment, type FakeGithub, fakeGithub } from '../support/fake-github.ts';
import { isSigned, type Receiver, receiver } from '../support/receiver.ts';

const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const commit = '860c1904a1ce19322e91ac35af1ab07466440c37';

function carrierTo(target: MailTarget, clock: Clock, hooks: Receiver, github: FakeGithub): Carrier {
  const now = (): number => clock.now();
  const allowed = [hooks.origin, new URL(github.url).origin].flatMap((text) => {
    const read = readOrigin(text);
    return 'value' in read ? [read.value] : [];
  });
  const send = sender({ allowed, now, mostBytes: 1_000_000, userAgent: 'serin/test' });
  return target === 'webhook'
    ? webhookCarrier({ send, now, secrets: async () => [readSecret(secret, 'file')] })
    : githubCarrier({ send, apiUrl: github.url, token: async () => 'ghp_test' });
}

/** A controller, as far as it tells one target. */
export interface Process {
  readonly due: Deliveries;
  /** The process dies: whatever it still has in hand is never saved. */
  kill(): void;
  /** The process is asked to end. */
  stop(): void;
}

type Look = (rollout: Rollout, status: RolloutStatus) => void;

/** A letter as it came. */
export interface Arrival {
  readonly id: string;
  readonly number: number;
  readonly event: string;
  readonly body: string;
  readonly taken: boolean;
}

/** A stage for one target, which ends with the test. */
export async function mailScene(target: MailTarget) {
  const clock = simulatedClock();
  const [hooks, github] = [await receiver(), await fakeGithub()];
  onTestFinished(async () => {
    await Promise.all([hooks.close(), github.close()]);
  });
  const rollouts = memoryRollouts({ clock });
  const seen = { maybeTwice: 0, outcomes: [] as string[], warned: [] as string[] };
  let processes = 0;

  function start(lookBefore: Look = () => undefined): Process {
    processes += 1;
    let dead = false;
    const stopping = new AbortController();
    const store: Pick<RolloutStore, 'get' | 'save'> = {
      get: (id) => rollouts.get(id),
      save: async (rollout, status) => {
        lookBefore(rollout, status);
        if (dead) throw new Error('The process was killed.');
        return rollouts.save(rollout, status);
      },
    };
    const log = { ...silentLog, warn: (message: string) => seen.warned.push(message) };
    const counter = {
      carried: (_: MailTarget, outcome: string) => seen.outcomes.push(outcome),
      maybeTwice: () => {
        seen.maybeTwice += 1;
      },
    };
    const carrier = carrierTo(target, clock, hooks, github);
    const parts = {
      rollouts: store,
      carrier,
      clock,
      counter,
      log,
      by: `process-${processes}`,
      stopping: stopping.signal,
    };
    const due = deliveries<CarryMemory>({
      clock,
      log,
      chance: () => 0.5,
      owes: (rollout) => owesMail(carrier, rollout),
      remember: () => ({}),
      deliver: (id, memory) => carryMail(parts, id, memory),
      refused: 'refused',
      delayed: 'delayed',
      waitsTogether: carrier.waitsTogether,
    });
    return {
      due,
      kill: () => {
        dead = true;
      },
      stop: () => stopping.abort(),
    };
  }

  async function create(name: string): Promise<RolloutId> {
    const id = { namespace: 'shop', name };
    const plan = aPlan({ webhook: `${hooks.origin}/${name}`, github: { repository: 'example/shop', ref: commit } });
    await rollouts.create(id, aSpec({ plan }), aStatus());
    return id;
  }

  async function change(id: RolloutId, parts: Partial<RolloutStatus>): Promise<Rollout> {
    for (;;) {
      const rollout = await rollouts.get(id);
      if (rollout === undefined) throw new Error('There is no rollout.');
      const next = withMail(rollout, { ...rollout.status, ...parts }, clock.now(), [target]);
      const saved = await rollouts.save(rollout, next);
      if (saved.kind === 'saved') return saved.rollout;
    }
  }

  /** Goes on until nothing is due before `until`, or at all. */
  async function settle(all: readonly Process[], untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    const end = clock.now() + untilMs;
    for (let round = 0; round < 4_000; round += 1) {
      for (const rollout of await rollouts.list()) for (const each of all) each.due.changed(rollout);
      await Promise.all(all.map((each) => each.due.deliverDue()));
      const dues = all.flatMap((each) => each.due.nextDue() ?? []);
      if (dues.length === 0 || Math.min(...dues) > end) return;
      clock.pass(Math.max(1, Math.min(...dues) - clock.now()));
    }
    throw new Error('It is still not all told.');
  }

  async function letters(id: RolloutId): Promise<readonly number[]> {
    return (await rollouts.get(id))?.status.mail?.letters.map(({ number }) => number) ?? [];
  }

  /** What came for a rollout, oldest first. Everything that comes is signed. */
  function arrivals(name: string): readonly Arrival[] {
    return hooks.received
      .filter(({ path }) => path === `/${name}`)
      .map((request) => {
        if (!isSigned(request, secret)) throw new Error(`${request.body} is not signed.`);
        const { number, event } = JSON.parse(request.body) as { readonly number: number; readonly event: string };
        const { body, taken } = request;
        return { id: String(request.headers['webhook-id']), number, event, body, taken };
      });
  }

  function numbers(name: string): readonly number[] {
    return arrivals(name).map(({ number }) => number);
  }

  /** The deployments of a rollout, oldest first. */
  function deployments(name: string): readonly FakeDeployment[] {
    return github
      .deployments()
      .filter(({ made }) => (made['payload'] as { serin: { name: string } }).serin.name === name);
  }

  function states(name: string): readonly unknown[] {
    return deployments(name).map(({ statuses }) => statuses.map(({ state }) => state));
  }

  const stage = { clock, hooks, github, rollouts, seen };
  return { ...stage, start, create, change, settle, letters, arrivals, numbers, deployments, states };
}
