// The doctor beside a managed rollout on the real parts: what Serin itself does to routes and pods is nothing to warn of.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually } from '../support/eventually.ts';
import { type ManagedStory, managedStoryOf } from '../support/managed-story.ts';

const injected = { 'sidecar.istio.io/status': '{}' };
const record = z.object({
  blocked: z.boolean(),
  findings: z.array(z.object({ id: z.string(), level: z.string(), message: z.string() })),
});

/** No istiod is here, and bakes are as short as the longest request. */
const ofTheScene = ['istio-webhook', 'control-plane', 'slow-requests'];

/** What the command finds that is not fine, as `id level`; what the scene is like anyway is left out. */
async function oddities(of: ManagedStory): Promise<readonly string[]> {
  const { stdout } = await of.serin('doctor', 'checkout', '-o', 'json', '--prometheus-url', of.stack.prometheus.url);
  return record
    .parse(JSON.parse(stdout))
    .findings.filter(({ id, level }) => level !== 'fine' && !ofTheScene.includes(id))
    .map(({ id, level, message }) => `${id} ${level}: ${message}`);
}

/** Once its requests have been scraped often enough to be counted. */
async function inGoodOrder(of: ManagedStory): Promise<void> {
  await eventually('the metrics to be there', async () => {
    const found = await oddities(of);
    if (found.length > 0) throw new Error(found.join('\n'));
    return true;
  });
}

describe.concurrent('serin doctor', () => {
  it('finds nothing from adoption to promotion', async (context) => {
    const of = await managedStoryOf(context, 'managed-doctor', { scene: { podAnnotations: injected } });
    await of.adopt();
    await inGoodOrder(of);

    await of.setImage('2');
    const found = new Map<string, readonly string[]>();
    for (let looks = 0; looks < 100 && !found.has('promoted'); looks += 1) {
      const before = (await of.rollout())?.status.phase ?? 'none';
      found.set(before, [...(found.get(before) ?? []), ...(await oddities(of))]);
    }

    expect([...found].filter(([, odd]) => odd.length > 0)).toEqual([]);
    expect([...found.keys()]).toEqual(expect.arrayContaining(['baking', 'finalizing', 'promoted']));
  });

  it('blocks what has a fault on its route, and says so with code 1', async (context) => {
    const of = await managedStoryOf(context, 'managed-doctor-fault', {
      controller: false,
      scene: { podAnnotations: injected },
    });
    const fault = { abort: { percentage: { value: 1 }, httpStatus: 500 } };
    const patch = JSON.stringify([{ op: 'add', path: '/spec/http/0/fault', value: fault }]);
    await of.kubectl(['patch', 'virtualservice', 'checkout', '--type=json', '-p', patch]);

    const { code, stdout, stderr } = await of.serin('doctor', 'deployment/checkout');

    expect(code).toBe(1);
    expect(stdout).toMatch(/^blocking +fault-on-route: .* injects faults/m);
    expect(stderr).toContain('No rollout of checkout can begin');
  });
});
