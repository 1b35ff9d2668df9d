// A few workers that share a queue of batches.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Batch } from './batch.ts';
import type { Outcome } from './rule.ts';

/** Plays all batches on so many workers and hands each over as it is done. The first failure ends it all. */
export async function playAll(
  batches: readonly Batch[],
  workers: number,
  done: (batch: Batch, outcomes: readonly Outcome[], left: number) => void,
): Promise<void> {
  const queue = [...batches].reverse();
  let left = batches.length;
  await Promise.all(
    Array.from({ length: Math.min(workers, batches.length) }, () =>
      work(
        () => queue.pop(),
        (batch, outcomes) => done(batch, outcomes, --left),
      ),
    ),
  );
}

async function work(
  next: () => Batch | undefined,
  done: (batch: Batch, outcomes: readonly Outcome[]) => void,
): Promise<void> {
  const worker = new Worker(join(import.meta.dirname, 'worker.ts'));
  try {
    for (let batch = next(); batch !== undefined; batch = next()) done(batch, await asked(worker, batch));
  } finally {
    await worker.terminate();
  }
}

function asked(worker: Worker, batch: Batch): Promise<readonly Outcome[]> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (outcomes: readonly Outcome[]) => {
      worker.off('error', reject);
      resolve(outcomes);
    });
    worker.postMessage(batch);
  });
}
