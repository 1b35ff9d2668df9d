import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventsIn, type Told } from '../../../src/adapters/http-api/events.ts';

async function* chunksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}

async function told(text: string, sizes: readonly number[] = []): Promise<readonly (Told | 'still here')[]> {
  const all: (Told | 'still here')[] = [];
  for await (const one of eventsIn(chunksOf(Buffer.from(text), sizes))) all.push(one);
  return all;
}

it('reads events and comments, and leaves out what is no event', async () => {
  const text =
    'retry: 3000\n\n: still here\n\nid: 7\nevent: rollout\ndata: {"a":\ndata: 1}\n\nid: 8\nevent: empty\n\nevent: gone\ndata: {}\n\nevent: half\ndata: 1';

  expect(await told(text)).toEqual([
    'still here',
    { event: 'rollout', data: '{"a":\n1}' },
    { event: 'gone', data: '{}' },
  ]);
});

it('reads the same however the bytes are cut', async () => {
  const text = ': hi\n\nid: 1\nevent: rollout\ndata: {"message":"müde ✓ 🐦"}\n\nevent: gone\ndata: {}\n\n';
  const whole = await told(text);

  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 20 }), async (sizes) => {
      expect(await told(text, sizes)).toEqual(whole);
    }),
  );
});

it('gives up on an event that does not end', async () => {
  async function* endless(): AsyncGenerator<Buffer> {
    for (let turn = 0; turn < 20; turn += 1) yield Buffer.from(`data: ${'x'.repeat(1_048_576)}\n`);
  }

  await expect(
    (async () => {
      for await (const one of eventsIn(endless())) expect(one).toBeUndefined();
    })(),
  ).rejects.toThrow('An event of the stream does not end.');
});
