// Slack's Socket Mode on loopback: a WebSocket that hands out envelopes and collects acknowledgements.
import { createHash } from 'node:crypto';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of an app, and what was sent over them. */
export interface SocketMode {
  /** The address that `apps.connections.open` gives. */
  url(): string;
  connections(): number;
  /** Hands an envelope to one of the connections, as Slack does. */
  send(envelope: {
    readonly envelope_id: string;
    readonly type: string;
    readonly payload: unknown;
    /** How often it was handed over before, and why again. */
    readonly retry_attempt?: number;
    readonly retry_reason?: string;
  }): void;
  /** Ids of acknowledged envelopes, and when each came. */
  readonly acknowledged: readonly { readonly id: string; readonly at: number; readonly payload: unknown }[];
  /** Ends every connection, as Slack does several times a day. */
  disconnect(): void;
  close(): void;
}

/** Serves Socket Mode beside the Web API of one server. `onAck` is told of each acknowledgement as it comes. */
export function serveSocketMode(server: Server, onAck: (id: string) => void): SocketMode {
  const sockets = new Set<Socket>();
  const acknowledged: { id: string; at: number; payload: unknown }[] = [];

  server.on('upgrade', (request, socket: Socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.write(
      [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Accept: ${acceptOf(String(request.headers['sec-websocket-key']))}`,
        '\r\n',
      ].join('\r\n'),
    );
    sockets.add(socket);
    receive(socket, (text) => {
      const { envelope_id: id, payload } = JSON.parse(text) as { envelope_id: string; payload: unknown };
      acknowledged.push({ id, at: Date.now(), payload });
      onAck(id);
    });
    write(
      socket,
      1,
      JSON.stringify({ type: 'hello', num_connections: sockets.size, connection_info: { app_id: 'A1' } }),
    );
  });

  return {
    url: () => {
      const address = server.address();
      return `ws://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/link`;
    },
    connections: () => sockets.size,
    send(envelope) {
      const [socket] = sockets;
      if (socket === undefined) throw new Error('No app is connected.');
      write(socket, 1, JSON.stringify({ accepts_response_payload: envelope.type === 'slash_commands', ...envelope }));
    },
    acknowledged,
    disconnect() {
      for (const socket of sockets) {
        sockets.delete(socket);
        write(socket, 1, JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: {} }));
        socket.end(Buffer.from([0x88, 0]));
      }
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** Writes one frame, unmasked as servers do. */
function write(socket: Socket, opcode: number, text: string): void {
  const body = Buffer.from(text);
  const head =
    body.length < 126
      ? Buffer.from([0x80 | opcode, body.length])
      : Buffer.from([0x80 | opcode, 126, body.length >> 8, body.length & 0xff]);
  socket.write(Buffer.concat([head, body]));
}

/** Reads masked frames of up to 64 KiB; answers pings, gives texts. */
function receive(socket: Socket, onText: (text: string) => void): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let frame = frameOf(pending); frame !== undefined; frame = frameOf(pending)) {
      pending = pending.subarray(frame.length);
      if (frame.opcode === 1) onText(frame.body.toString());
      if (frame.opcode === 8) socket.end();
      if (frame.opcode === 9) write(socket, 10, frame.body.toString());
    }
  });
}

function frameOf(
  bytes: Buffer,
): { readonly opcode: number; readonly body: Buffer; readonly length: number } | undefined {
  if (bytes.length < 6) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const at = short === 126 ? 4 : 2;
  const size = short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < at + 4 + size) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const body = Buffer.from(bytes.subarray(at + 4, at + 4 + size).map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return { opcode: (bytes[0] ?? 0) & 0x0f, body, length: at + 4 + size };
}
