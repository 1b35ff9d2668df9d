import { describe, expect, it } from 'vitest';
import { type HttpParts, httpApp } from '../../src/http/app.ts';
import { metricsPart, type Part, processParts, queuePart, ticksPart, watchPart } from '../../src/http/health.ts';
import { type ControllerMetrics, controllerMetrics } from '../../src/http/metrics.ts';

const now = 1_000_000;

describe('GET /healthz', () => {
  it('is 200 while the process moves', async () => {
    const answer = await get('/healthz', { live: () => processParts(0, 12) });

    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      status: 'ok',
      parts: [
        { name: 'process', state: 'ok', message: 'No tick hangs.' },
        { name: 'eventLoop', state: 'ok', message: 'The event loop moves.' },
      ],
    });
  });

  it.each([
    ['a tick hangs', processParts(301_000, 0), 'A tick has been under way for 5m1s.'],
    ['the event loop was stuck', processParts(0, 12_000), 'One turn of the event loop took 12s.'],
  ])('is 503 when %s', async (_what, parts, message) => {
    const answer = await get('/healthz', { live: () => parts });

    expect(answer.statusCode).toBe(503);
    expect(failedMessages(answer.json())).toEqual([message]);
  });
});

describe('GET /readyz', () => {
  it('is 200 when lists are done and fresh and the last tick did its work', async () => {
    const ready = [
      watchPart('deployments', { listed: true, lastEventAt: now - 60_000 }, now),
      ticksPart(0),
      queuePart('healthy'),
    ];

    const answer = await get('/readyz', { ready: () => ready });

    expect([answer.statusCode, answer.json().status]).toEqual([200, 'ok']);
  });

  it.each([
    ['a first list is not done', watchPart('rollouts', { listed: false }, now), 'The first list is not done.'],
    [
      'a watch has gone silent',
      watchPart('rollouts', { listed: true, lastEventAt: now - 181_000 }, now),
      'Nothing was heard for 3m1s; the cluster may be out of reach.',
    ],
    ['five ticks in a row failed', ticksPart(5), 'The last 5 ticks failed; the log says why.'],
  ])('is 503 when %s', async (_what, part, message) => {
    const answer = await get('/readyz', { ready: () => [queuePart('healthy'), part] });

    expect(answer.statusCode).toBe(503);
    expect(failedMessages(answer.json())).toEqual([message]);
  });

  it.each([
    ['Redis is away', queuePart('away')],
    ['the metrics source is away', metricsPart('sourceDown')],
    ['a single tick failed', ticksPart(1)],
  ])('is 200 and says degraded when %s', async (_what, part) => {
    const answer = await get('/readyz', { ready: () => [ticksPart(0), part] });

    expect([answer.statusCode, answer.json().status]).toEqual([200, 'degraded']);
  });

  it.each([[queuePart('none')], [metricsPart(undefined)], [metricsPart('data')]])(
    'is plainly ok with %j',
    async (part) => {
      expect((await get('/readyz', { ready: () => [part] })).json().status).toBe('ok');
    },
  );

  it('is never kept by a cache', async () => {
    expect((await get('/readyz')).headers['cache-control']).toBe('no-store');
  });
});

describe('GET /metrics', () => {
  it('shows what was counted', async () => {
    const metrics = controllerMetrics();
    metrics.ticked('done', 20);
    metrics.ticked('done', 400);
    metrics.ticked('failed', 5_000);
    metrics.late(120);
    metrics.rollouts(
      new Map([
        ['baking', 2],
        ['promoted', 1],
      ]),
    );
    metrics.clusterRequest('get', 200);
    metrics.clusterRequest('patch', 409);
    metrics.clusterRequest('PATCH', 409);
    metrics.evidenceRead('sourceDown');
    metrics.queueReached(true);

    const lines = await serinLines(metrics);

    expect(lines).toEqual(
      expect.arrayContaining([
        'serin_ticks_total{outcome="done"} 2',
        'serin_ticks_total{outcome="failed"} 1',
        'serin_tick_duration_seconds_bucket{le="0.5"} 2',
        'serin_tick_duration_seconds_sum 5.42',
        'serin_wake_late_seconds_count 1',
        'serin_rollouts{phase="baking"} 2',
        'serin_rollouts{phase="promoted"} 1',
        'serin_rollouts{phase="pending"} 0',
        'serin_cluster_requests_total{verb="GET",code="200"} 1',
        'serin_cluster_requests_total{verb="PATCH",code="409"} 2',
        'serin_evidence_reads_total{outcome="sourceDown"} 1',
        'serin_queue_reached 1',
      ]),
    );
  });

  it('forgets rollouts that are no more', async () => {
    const metrics = controllerMetrics();
    metrics.rollouts(new Map([['baking', 1]]));
    metrics.rollouts(new Map());

    expect(await serinLines(metrics)).toContain('serin_rollouts{phase="baking"} 0');
  });

  it('shows the lag of the event loop, in the format Prometheus reads', async () => {
    const answer = await get('/metrics');

    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(answer.payload).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(answer.payload).toMatch(/^process_resident_memory_bytes /m);
  });

  it('has no label but the few with a closed list of values', async () => {
    const metrics = controllerMetrics();
    metrics.clusterRequest('reviews-v2-abc-1', 200);

    const labels = (await serinLines(metrics)).flatMap((line) =>
      [...line.matchAll(/([a-z]+)="/g)].map(([, name]) => name),
    );

    expect(labels.filter((label) => !['outcome', 'phase', 'verb', 'code', 'le'].includes(label ?? ''))).toEqual([]);
    expect(await serinLines(metrics)).toContain('serin_cluster_requests_total{verb="other",code="200"} 1');
  });

  it('keeps two controllers in one process apart', async () => {
    const [one, other] = [controllerMetrics(), controllerMetrics()];
    one.ticked('done', 1);

    expect(await serinLines(other)).not.toContain('serin_ticks_total{outcome="done"} 1');
  });
});

describe('anything else', () => {
  it.each([
    ['GET', '/'],
    ['POST', '/readyz'],
    ['GET', '/metrics/../secret'],
  ] as const)('such as %s %s is 404 with a sentence', async (method, url) => {
    const answer = await httpApp(partsWith({})).inject({ method, url });

    expect(answer.statusCode).toBe(404);
    expect(answer.json().message).toBe(
      `Nothing answers ${method} here. There are GET /healthz, GET /readyz, GET /metrics.`,
    );
  });

  it('that breaks inside is 500 and tells nothing of it', async () => {
    const live = () => {
      throw new Error('password=hunter2');
    };

    const answer = await get('/healthz', { live });

    expect(answer.statusCode).toBe(500);
    expect(answer.payload).not.toContain('hunter2');
  });
});

function partsWith(parts: Partial<HttpParts>): HttpParts {
  return { metrics: controllerMetrics(), live: () => [], ready: () => [], ...parts };
}

function get(url: string, parts: Partial<HttpParts> = {}) {
  return httpApp(partsWith(parts)).inject({ method: 'GET', url });
}

async function serinLines(metrics: ControllerMetrics): Promise<readonly string[]> {
  const answer = await get('/metrics', { metrics });
  return answer.payload.split('\n').filter((line) => line.startsWith('serin_'));
}

function failedMessages(body: { readonly parts: readonly Part[] }): readonly string[] {
  return body.parts.filter(({ state }) => state === 'failed').map(({ message }) => message);
}
