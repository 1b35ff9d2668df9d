// docker-compose.yml and what it mounts: every name in it stands for something, and the controller takes the flags it is given.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { testCluster } from '../cli/support/command.ts';

const root = join(import.meta.dirname, '..', '..');

const mount = z.strictObject({
  type: z.literal('bind'),
  source: z.string(),
  target: z.string().startsWith('/'),
  read_only: z.literal(true),
  bind: z.strictObject({ create_host_path: z.literal(false) }),
});

const service = z.strictObject({
  build: z.string().optional(),
  image: z.string().regex(/^[a-z/]+:v?\d[\w.-]*$/, 'a name and a version'),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()),
  user: z.string().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.tuple([z.literal('ALL')]).optional(),
  security_opt: z.array(z.literal('no-new-privileges:true')).optional(),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/, 'a port of the host itself, nobody else')).optional(),
  volumes: z.array(mount).optional(),
  depends_on: z.array(z.string()).optional(),
  restart: z.literal('unless-stopped'),
});

const compose = z.strictObject({ name: z.string(), services: z.record(z.string(), service) });

const forKind = z.strictObject({
  services: z.record(z.string(), z.strictObject({ networks: z.array(z.string()) })),
  networks: z.record(z.string(), z.strictObject({ external: z.literal(true) })),
});

const scraping = z.object({
  global: z.object({ scrape_interval: z.string() }),
  scrape_configs: z.tuple([
    z.object({
      kubernetes_sd_configs: z.tuple([z.object({ role: z.literal('pod'), api_server: z.string() })]),
      relabel_configs: z.array(z.object({ target_label: z.string().optional(), replacement: z.string().optional() })),
    }),
  ]),
});

async function read<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(parse(await readFile(join(root, path), 'utf8')));
}

const { services } = await read('docker-compose.yml', compose);

/** The words of a service's command as the program gets them: `$$` stands for a dollar. */
function wordsOf(name: string): readonly string[] {
  return (services[name]?.command ?? []).map((word) => word.replaceAll('$$', '$'));
}

function portOf(url: string): string {
  return new URL(url).port;
}

describe('docker-compose.yml', () => {
  it('runs the controller with flags that it takes, at addresses of the other services', async () => {
    const cluster = testCluster();

    const ran = await cluster.run(wordsOf('serin'));

    expect(ran).toMatchObject({ code: 0, err: '' });
    const [flags] = cluster.controllers;
    expect(services).toHaveProperty(new URL(flags?.prometheusUrl ?? '').hostname);
    expect(services).toHaveProperty(new URL(flags?.redisUrl ?? '').hostname);
    expect(services['serin']?.ports).toEqual([`127.0.0.1:${flags?.listen.port}:${flags?.listen.port}`]);
    expect(services['serin']?.volumes?.map(({ target }) => target)).toContain(flags?.kubeconfig);
  });

  it('reads slots as late as its Prometheus scrapes', async () => {
    const cluster = testCluster();
    const { global } = await read('deploy/compose/prometheus.yaml', scraping);

    await cluster.run(wordsOf('serin'));

    expect(`${(cluster.controllers[0]?.lagMs ?? 0) / 1_000}s`).toBe(global.scrape_interval);
  });

  it('builds from the Dockerfile and mounts files that are there', () => {
    const { build } = services['serin'] ?? {};
    const sources = Object.values(services).flatMap(({ volumes = [] }) => volumes.map(({ source }) => source));
    const own = sources.filter((source) => !source.startsWith('$'));

    expect(existsSync(join(root, build ?? 'nowhere', 'Dockerfile'))).toBe(true);
    expect(own).not.toEqual([]);
    expect(own.filter((source) => !existsSync(join(root, source)))).toEqual([]);
  });

  it('starts services in an order that exists', () => {
    const needed = Object.values(services).flatMap(({ depends_on = [] }) => depends_on);

    expect(needed.filter((name) => !(name in services))).toEqual([]);
  });

  it('has a Redis that never evicts and keeps nothing', () => {
    const words = wordsOf('redis').join(' ');

    expect(words).toContain('--maxmemory-policy noeviction');
    expect(words).toContain('--save  --appendonly no');
  });

  it('lets Prometheus read pods and their metrics through the window, and nothing else', async () => {
    const { scrape_configs } = await read('deploy/compose/prometheus.yaml', scraping);
    const [{ kubernetes_sd_configs, relabel_configs }] = scrape_configs;
    const [{ api_server }] = kubernetes_sd_configs;
    const flags = new Map(wordsOf('cluster').map((word) => word.split(/=(.*)/s, 2) as [string, string]));
    const accepted = (flags.get('--accept-paths') ?? '').split(',').map((pattern) => new RegExp(pattern));
    const accepts = (path: string) => accepted.some((pattern) => pattern.test(path));
    const scraped = relabel_configs.find(({ target_label }) => target_label === '__metrics_path__')?.replacement;

    expect(services).toHaveProperty(new URL(api_server).hostname);
    expect(flags.get('--port')).toBe(portOf(api_server));
    expect(relabel_configs).toContainEqual({ target_label: '__address__', replacement: new URL(api_server).host });
    expect(new RegExp(flags.get('--accept-hosts') ?? '').test(new URL(api_server).hostname)).toBe(true);
    expect(accepts('/api/v1/pods')).toBe(true);
    expect(accepts((scraped ?? '').replace('$1', 'shop').replace('$2', 'reviews-v1-x'))).toBe(true);
    expect(accepts('/api/v1/namespaces/shop/secrets')).toBe(false);
    expect(accepts('/api/v1/namespaces/shop/pods/reviews-v1-x/exec')).toBe(false);
  });

  it('has an addition for kind that concerns services that are there', async () => {
    const { services: joined, networks } = await read('deploy/compose/kind.yaml', forKind);

    expect(Object.keys(joined).filter((name) => !(name in services))).toEqual([]);
    expect(Object.keys(networks)).toEqual(['kind']);
    expect(Object.values(joined).map((each) => each.networks)).toEqual([
      ['default', 'kind'],
      ['default', 'kind'],
    ]);
  });

  it('says in its head only commands about files that are there', async () => {
    const head = await readFile(join(root, 'docker-compose.yml'), 'utf8');
    const paths = [...head.matchAll(/ -f (\S+)/g)].map(([, path]) => path ?? '');

    expect(paths.length).toBeGreaterThan(1);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
