// HTTP mode on the real listener of a controller process: what Slack has signed is done, everything else is answered alike.
import { expect, it } from 'vitest';
import { buttonsOf, commandOf, postSigned, pressOf, secrets, slackStoryOf } from '../support/slack-story.ts';
import type { Story } from '../support/story.ts';

const [oldSecret, newSecret] = secrets;

/** Where the controller listens for Slack. */
function listenerOf(story: Story): string {
  const ready = story
    .controller()
    .lines()
    .find(({ msg }) => msg === 'The controller is ready');
  return String(ready?.['slack']);
}

it('a press signed by Slack moves a step in HTTP mode; other signatures, old ones and none are answered with 401', async (context) => {
  const { story, slack, button, shows, whispered } = await slackStoryOf(context, 'slack-http', { mode: 'http' });
  await story.release({ 'slack-channel': 'releases', bake: '10m', 'max-bake': '20m' });
  await shows('the bake', (message) => buttonsOf(message).some(({ action_id: id }) => id === 'serin:promote'));
  const url = listenerOf(story);
  const pressed = new URLSearchParams({ payload: JSON.stringify(pressOf('UADA', button('promote'))) }).toString();

  const forged = await postSigned(url, pressed, { secret: 'a-guess' });
  const old = await postSigned(url, pressed, { secret: newSecret, ageSeconds: 301 });
  const unsigned = await fetch(`${url}/slack/events`, { method: 'POST', body: pressed });
  const got = await fetch(`${url}/metrics`);
  const before = await story.rollout();
  const good = await postSigned(url, pressed, { secret: newSecret });
  const again = await postSigned(url, pressed, { secret: oldSecret });
  const after = await story.until('step 2', ({ status }) => status.step === 1 && status.phase === 'baking');
  const typed = new URLSearchParams(commandOf(slack, 'UBOB', 'status reviews-v2')).toString();
  const asked = await postSigned(url, typed, { secret: oldSecret });
  const [told] = await whispered(1);

  expect([forged, old, unsigned.status, got.status]).toEqual([401, 401, 401, 401]);
  expect(await unsigned.text()).toBe('unauthorized');
  expect(before?.spec['requests']).toEqual([]);
  expect([good, again, asked]).toEqual([200, 200, 200]);
  expect(after.spec['requests']).toHaveLength(1);
  expect(after.spec['requests']).toMatchObject([{ verb: 'promote', actor: 'ada@example.com', surface: 'slack' }]);
  expect(told?.text).toContain('step 2/4, 25% of traffic');
});
