// Whether a part does its work yet.

import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

/** How to ask a part: a 200 to a GET, or Redis' PONG. */
export const probeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }).readonly(),
  z.object({ kind: z.literal('http'), url: z.string() }).readonly(),
  z.object({ kind: z.literal('https'), url: z.string(), certificates: z.string(), token: z.string() }).readonly(),
  z.object({ kind: z.literal('redis'), port: z.number() }).readonly(),
]);

/** How to ask a part whether it is ready. `certificates` is the path of the PEM file that its server certificate is verified against. */
export type Probe = z.infer<typeof probeSchema>;

const askEveryMs = 100;
const answerMs = 2_000;

/** Resolves when the probe succeeds. Rejects at the deadline, or as soon as `isRunning` says that the part has ended. */
export async function whenReady(what: string, probe: Probe, isRunning: () => boolean, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await succeeds(probe))) {
    if (!isRunning()) throw new Error(`${what} ended before it was ready.`);
    if (Date.now() > deadline) throw new Error(`${what} runs but was not ready within ${withinMs / 1_000} s.`);
    await pause(askEveryMs);
  }
}

function succeeds(probe: Probe): Promise<boolean> {
  switch (probe.kind) {
    case 'none':
      return Promise.resolve(true);
    case 'http':
      return answersWith200((done) => httpRequest(probe.url, { timeout: answerMs, agent: false }, done));
    case 'https':
      return answersOverTls(probe);
    case 'redis':
      return answersPing(probe.port);
  }
}

function answersOverTls(probe: Extract<Probe, { kind: 'https' }>): Promise<boolean> {
  const ca = readIfThere(probe.certificates);
  if (ca === undefined) return Promise.resolve(false); // the API server writes it when it starts
  const headers = { authorization: `Bearer ${probe.token}` };
  return answersWith200((done) => httpsRequest(probe.url, { timeout: answerMs, agent: false, ca, headers }, done));
}

function answersWith200(
  send: (
    done: (response: { statusCode?: number | undefined; resume(): unknown }) => void,
  ) => ReturnType<typeof httpRequest>,
): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = send((response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    sent.on('error', () => resolve(false)).on('timeout', () => sent.destroy(new Error('no answer')));
    sent.end();
  });
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: answerMs }, () => socket.write('PING\r\n'));
    socket.on('data', (text) => {
      resolve(text.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.on('error', () => resolve(false)).on('timeout', () => socket.destroy(new Error('no answer')));
    socket.on('close', () => resolve(false));
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
