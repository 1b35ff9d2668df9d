// A replica to be killed: rings from the queue at argv[2] under the prefix argv[3], says so, and never ends a tick.
import { bullQueue } from '../../src/adapters/queue/bull-queue.ts';
import { silentLog } from '../../src/controller/log.ts';

const [, , url = '', prefix = ''] = process.argv;
const queue = bullQueue({
  url,
  prefix,
  sweepMs: 3_600_000,
  concurrency: 1,
  clock: { now: () => Date.now() },
  log: silentLog,
});
await queue.start(
  (_id, uid) => {
    process.stdout.write(`${uid}\n`);
    return new Promise(() => undefined);
  },
  async () => undefined,
);
process.stdin.resume().on('end', () => process.exit(0));
