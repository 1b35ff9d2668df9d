// Letters as deployment statuses, against as much of GitHub as they take.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { githubCarrier } from '../../../src/adapters/outside/github.ts';
import { descriptionOf, isQuiet, refOf, stateOf } from '../../../src/adapters/outside/github-words.ts';
import { sender } from '../../../src/adapters/outside/send.ts';
import type { Carried } from '../../../src/controller/carrier.ts';
import { readOrigin } from '../../../src/domain/allow-list.ts';
import type { HappeningWord } from '../../../src/domain/happening.ts';
import type { Letter } from '../../../src/domain/mail.ts';
import type { Phase, Rollout, RolloutStatus } from '../../../src/domain/rollout.ts';
import { aPlan, aRollout, aSpec, dawn } from '../../support/builders.ts';
import { type FakeGithub, fakeGithub, unknownCommit } from '../../support/fake-github.ts';

const commit = '860c1904a1ce19322e91ac35af1ab07466440c37';

let github: FakeGithub;
beforeEach(async () => {
  github = await fakeGithub();
});
afterEach(() => github.close());

function aLetter(event: HappeningWord, parts: Partial<Letter> = {}): Letter {
  const phase = (['stalled', 'paused', 'approvalRequested'].includes(event) ? 'baking' : event) as Phase;
  const weight = { intended: 10, observed: 10 };
  return { number: 1, time: dawn, event, phase, step: 0, weight, reason: 'R', message: `Now ${event}.`, ...parts };
}

function rolloutOf(plan: { repository?: string; ref?: string } = {}, status: Partial<RolloutStatus> = {}): Rollout {
  const { repository = 'example/checkout', ref = commit } = plan;
  return aRollout({ spec: { plan: aPlan({ github: { repository, ref } }) }, status });
}

function carry(rollout: Rollout, letter: Letter, at?: string, token = 'ghp_test'): Promise<Carried> {
  const origin = readOrigin(new URL(github.url).origin);
  const allowed = 'value' in origin ? [origin.value] : [];
  const send = sender({ allowed, now: () => dawn, mostBytes: 1_000_000, userAgent: 'serin/test' });
  const carrier = githubCarrier({ send, token: async () => token, apiUrl: github.url, cluster: 'prod-eu' });
  return carrier.carry(rollout, letter, at);
}

describe('a rollout on GitHub', () => {
  it('is one deployment of its commit with a status for each letter', async () => {
    const rollout = rolloutOf();
    const first = await carry(rollout, aLetter('preparing'));
    const second = await carry(rollout, aLetter('promoted'), first.at);

    const [deployment, ...others] = github.deployments();
    expect([first, second]).toEqual([
      { kind: 'taken', at: String(deployment?.id) },
      { kind: 'taken', at: String(deployment?.id) },
    ]);
    expect(others).toEqual([]);
    expect(deployment).toMatchObject({
      repository: 'example/checkout',
      made: {
        ref: commit,
        task: 'deploy',
        auto_merge: false,
        required_contexts: [],
        environment: 'prod-eu/shop',
        payload: { serin: { uid: 'uid-rollout-0a1', namespace: 'shop', name: 'reviews-v2-two-1' } },
      },
      statuses: [
        { state: 'in_progress', description: 'Now preparing.' },
        { state: 'success', description: 'Now promoted.' },
      ],
    });
    expect(github.calls.map(({ headers }) => headers['x-github-api-version'])).toEqual(Array(4).fill('2022-11-28'));
  });

  it('is found again by its uid when nobody remembers where it stands', async () => {
    const other = await carry({ ...rolloutOf(), uid: 'another' }, aLetter('preparing'));
    const first = await carry(rolloutOf(), aLetter('preparing'));

    const again = await carry(rolloutOf(), aLetter('shifting'));

    expect(again).toEqual(first);
    expect(again.at).not.toBe(other.at);
    expect(github.deployments().map(({ statuses }) => statuses.length)).toEqual([1, 2]);
  });

  it('is found again when GitHub made it and the answer was lost, which may have made it twice', async () => {
    github.failing(({ method, path }) =>
      method === 'POST' && path.endsWith('/deployments') ? { lost: true } : undefined,
    );
    const lost = await carry(rolloutOf(), aLetter('preparing'));
    github.failing(() => undefined);

    const found = await carry(rolloutOf(), aLetter('preparing'));

    expect(lost).toMatchObject({ kind: 'later', unsure: true });
    expect(found).toMatchObject({ kind: 'taken' });
    expect(github.deployments()).toHaveLength(1);
  });

  it('keeps its place when the status is not taken', async () => {
    github.failing(({ path }) => (path.endsWith('/statuses') ? { status: 502 } : undefined));

    const carried = await carry(rolloutOf(), aLetter('preparing'));

    expect(carried).toMatchObject({ kind: 'later', at: String(github.deployments()[0]?.id) });
  });

  it('is gone when its deployment was deleted', async () => {
    const { at } = await carry(rolloutOf(), aLetter('preparing'));
    github.delete(Number(at));

    expect(await carry(rolloutOf(), aLetter('shifting'), at)).toEqual({ kind: 'gone' });
  });

  it('does not make one after another where no status is taken', async () => {
    github.failing(({ path }) => (path.endsWith('/statuses') ? { status: 404 } : undefined));

    const first = await carry(rolloutOf(), aLetter('preparing'));
    await carry(rolloutOf(), aLetter('preparing'));

    expect(first).toMatchObject({ kind: 'refused' });
    expect(github.deployments()).toHaveLength(1);
  });

  it.each([
    [{ status: 401 }, 'refused', 'Put a valid token'],
    [{ status: 403 }, 'refused', 'needs write access'],
    [{ status: 404 }, 'refused', 'needs write access'],
    [{ status: 301, headers: { location: 'https://elsewhere.example' } }, 'refused', 'Was the repository renamed?'],
    [{ status: 429 }, 'later', 'HTTP status 429'],
    [{ status: 403, headers: { 'retry-after': '60' } }, 'later', 'HTTP status 403'],
    [{ status: 500 }, 'later', 'HTTP status 500'],
    [{ status: 200, body: '<html>' }, 'later', 'could not be understood'],
    ['dropped', 'later', 'broke the connection off'],
  ] as const)('that answers %o is %s: %s', async (answer, kind, words) => {
    github.failing(() => answer);

    expect(await carry(rolloutOf(), aLetter('preparing'))).toMatchObject({
      kind,
      message: expect.stringContaining(words),
    });
    expect(github.deployments()).toEqual([]);
  });

  it('waits until the limit ends', async () => {
    const reset = String(dawn / 1_000 + 600);
    github.failing(() => ({ status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } }));

    expect(await carry(rolloutOf(), aLetter('preparing'))).toMatchObject({ kind: 'later', afterMs: 600_000 });
  });

  it('says what GitHub says of an unknown commit, and that a token is wrong without quoting it', async () => {
    const unknown = await carry(rolloutOf({ ref: unknownCommit }), aLetter('preparing'));
    const wrong = await carry(rolloutOf(), aLetter('preparing'), undefined, 'ghp_wrong');

    expect(unknown).toMatchObject({ kind: 'refused', message: expect.stringContaining('No ref found for: dead') });
    expect(JSON.stringify(wrong)).not.toContain('ghp_wrong');
  });

  it('without a commit is never told, and nothing is asked', async () => {
    const rollout = aRollout({ spec: { plan: aPlan({ github: { repository: 'example/checkout' } }) } });

    expect(await carry(rollout, aLetter('preparing'))).toMatchObject({
      kind: 'never',
      message: expect.stringContaining('serin.dev/github-ref'),
    });
    expect(github.calls).toEqual([]);
  });
});

describe('the state of a deployment', () => {
  it.each<[HappeningWord, RolloutStatus['cause'], string]>([
    ['preparing', undefined, 'in_progress'],
    ['shifting', undefined, 'in_progress'],
    ['approvalRequested', undefined, 'in_progress'],
    ['rollingBack', 'gate', 'in_progress'],
    ['stalled', undefined, 'error'],
    ['held', undefined, 'error'],
    ['promoted', undefined, 'success'],
    ['rolledBack', 'gate', 'failure'],
    ['rolledBack', 'person', 'failure'],
    ['rolledBack', 'approval', 'failure'],
    ['rolledBack', 'superseded', 'inactive'],
    ['rolledBack', 'stableChanged', 'inactive'],
  ])('after %s (%s) is %s', (event, cause, state) => {
    const rollout = rolloutOf({}, cause === undefined ? {} : { cause });

    expect(stateOf(rollout, aLetter(event))).toBe(state);
  });

  it('is said once for several letters of one state, and the last of them says it', () => {
    const letters = ['preparing', 'shifting', 'baking', 'stalled', 'promoted'] as const;
    const said = letters.filter((event, index) => {
      const next = letters[index + 1];
      return !isQuiet(rolloutOf(), aLetter(event), next === undefined ? undefined : aLetter(next));
    });

    expect(said).toEqual(['shifting', 'stalled', 'promoted']);
  });

  it('has a description of at most 140 letters, none of them halved', () => {
    expect(descriptionOf({ message: 'x'.repeat(140) })).toBe('x'.repeat(140));
    const cut = descriptionOf({ message: `${'x'.repeat(138)}😀😀` });

    expect(cut.length).toBeLessThanOrEqual(140);
    expect(cut.endsWith('…') && cut.isWellFormed()).toBe(true);
  });
});

describe('the commit', () => {
  it.each([
    [[`registry.example:5000/checkout:${commit}`], commit],
    [[`checkout:${commit}@sha256:${'a'.repeat(64)}`], commit],
    [['checkout:sha-860c190'], '860c190'],
    [['checkout:git-860c1904'], '860c1904'],
    [['checkout:860c190'], '860c190'],
    [['proxy:1.29', 'checkout:860c190'], '860c190'],
    [['checkout:20260105'], undefined],
    [['checkout:deadbee'], undefined],
    [['checkout:1.2.3'], undefined],
    [['checkout'], undefined],
    [['registry.example:5000/checkout'], undefined],
    [[`checkout@sha256:${'a'.repeat(64)}`], undefined],
  ])('of %j is %s', (images, expected) => {
    const plan = aPlan({ github: { repository: 'example/checkout' } });

    expect(refOf(aSpec({ plan, canary: { workload: 'w', hash: 'h', images } }))).toBe(expected);
  });

  it('is the one that was named, whatever the image', () => {
    const plan = aPlan({ github: { repository: 'example/checkout', ref: 'v1.4.0' } });

    expect(refOf(aSpec({ plan, canary: { workload: 'w', hash: 'h', images: [`checkout:${commit}`] } }))).toBe('v1.4.0');
  });
});
