import { it, onTestFinished } from 'vitest';
import { eventLoopWatch } from '../../src/http/event-loop.ts';
import { eventually } from '../support/eventually.ts';

it('the event-loop watch sees a turn that took long, once', async () => {
  const watch = eventLoopWatch();
  onTestFinished(() => watch.stop());
  await new Promise((resolve) => setTimeout(resolve, 200));

  const until = Date.now() + 400;
  while (Date.now() < until);

  await eventually('the long turn', async () => watch.longestTurn() >= 300, { withinMs: 5_000 });
  await eventually('a reading without it', async () => watch.longestTurn() < 300, { withinMs: 5_000 });
});
