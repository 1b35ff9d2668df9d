// Connections to Redis, which may be absent at the start, stop, hang, and come back.
import { Redis } from 'ioredis';

const longestPause = 2_000;

function pauseBefore(attempt: number): number {
  return Math.min(attempt * 100, longestPause);
}

/**
 * For giving: a command is refused at once while Redis is away and given up after a second while it hangs, so that nobody
 * waits for the bell. Connects by itself for as long as the process lives; `failed` hears why it could not.
 */
export function givingConnection(url: string, failed: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: 1_000,
    connectTimeout: 2_000,
    retryStrategy: pauseBefore,
    connectionName: 'serin-giving',
  });
  redis.on('error', failed);
  return redis;
}

/**
 * For being rung: commands wait until Redis is back. A connection on which Redis has owed an answer for 20 s is opened
 * anew; BullMQ's longest blocking read takes 10 s.
 */
export function ringingConnection(url: string, failed: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    connectTimeout: 2_000,
    socketTimeout: 20_000,
    retryStrategy: pauseBefore,
    connectionName: 'serin-ringing',
  });
  redis.on('error', failed);
  return redis;
}
