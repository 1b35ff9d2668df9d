// Redis, or its free successor Valkey.

import { fromApt } from './debian.ts';
import { amongPath, namedBy } from './executable.ts';
import { type Obtained, obtain, type Say } from './obtain.ts';

/** Finds or installs a Redis server and gives the path of its program. Throws `MissingPart` when there is none. */
export async function obtainRedis(say: Say): Promise<Obtained<string>> {
  const ways = [
    namedBy('REDIS_SERVER_BIN'),
    amongPath('redis-server', 'valkey-server'),
    fromApt('redis-server', 'redis-server', say),
  ];
  return obtain('Redis', ways, 'install redis-server or valkey-server, or set REDIS_SERVER_BIN to the path of one.');
}
