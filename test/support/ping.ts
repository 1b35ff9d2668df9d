// Asking Redis without a client that retries.

import { connect } from 'node:net';

const answerMs = 1_000;

/** What Redis at this address answers to a PING. Rejects when it refuses, and after a second of silence. */
export function pingRedis(address: string): Promise<string> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: hostname, timeout: answerMs }, () => socket.write('PING\r\n'));
    socket.once('data', (answer) => {
      resolve(answer.toString());
      socket.destroy();
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
  });
}
