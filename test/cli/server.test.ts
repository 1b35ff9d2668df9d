// Which server the command speaks to, with whose token, and what is refused before anything is sent.
import { describe, expect, it } from 'vitest';
import { aRollout } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';

const url = 'https://serin.example.com';

/** A cluster with a rollout, a token in a file, and an authority in another. */
function served(): TestCluster {
  const cluster = testCluster();
  cluster.put(aRollout());
  cluster.files['token'] = 'from.the-file\n';
  cluster.files['ca.pem'] = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n';
  return cluster;
}

describe('--server', () => {
  it('is spoken to in place of a cluster, in namespace default, with the token of the file', async () => {
    const cluster = served();

    const ran = await cluster.run(`get --server ${url}/ --token-file token --certificate-authority ca.pem -A`);

    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(ran.out).toContain('NAMESPACE');
    expect(cluster.opened).toEqual([]);
    expect(cluster.served).toEqual([
      { url, token: 'from.the-file', authority: cluster.files['ca.pem'], namespace: 'default' },
    ]);
  });

  it.each([
    ['get -n other', { url, token: 'of-env' }, { url, token: 'of-env', namespace: 'other' }],
    ['get --token of-flag', { url, token: 'of-env' }, { url, token: 'of-flag', namespace: 'default' }],
    [
      'get --token-file token',
      { url: `${url}/path/` },
      { url: `${url}/path`, token: 'from.the-file', namespace: 'default' },
    ],
    [
      'get --server http://127.0.0.1:8081',
      { url, token: 'of-env' },
      { url: 'http://127.0.0.1:8081', token: 'of-env', namespace: 'default' },
    ],
    [
      'get --server http://[::1]:8081',
      { token: 'of-env' },
      { url: 'http://[::1]:8081', token: 'of-env', namespace: 'default' },
    ],
    ['get --server HTTPS://Serin.Example.com', { token: 'of-env' }, { url, token: 'of-env', namespace: 'default' }],
  ])('`%s` takes flags before the environment %o', async (line, server, wanted) => {
    const cluster = served();
    cluster.server = server;

    const ran = await cluster.run(line);

    expect([ran.code, cluster.served, cluster.opened]).toEqual([0, [wanted], []]);
  });

  it.each(['get --kubeconfig file', 'get --context other'])('`%s` is stronger than the environment', async (line) => {
    const cluster = served();
    cluster.server = { url, token: 'of-env' };

    const ran = await cluster.run(line);

    expect([ran.code, cluster.served, cluster.opened.length]).toEqual([0, [], 1]);
  });

  it.each([
    [
      'get --server http://serin.example.com --token t',
      '--server is "http://serin.example.com": the token would travel in the clear, and only https is spoken to another machine.',
    ],
    ['get --server http://127.0.0.1.example.com --token t', 'the token would travel in the clear'],
    ['get --server serin.example.com:8443 --token t', 'Did you mean "https://serin.example.com:8443"?'],
    ['get --server ftp://serin --token t', 'Expected an address such as "https://serin.example.com".'],
    ['get --server https://ada:secret@serin.example.com --token t', 'A token goes into --token-file.'],
    [`get --server ${url}/v1 --token t`, 'leave "/v1" out.'],
    [
      `get --server ${url}`,
      'A server wants a token: --token-file FILE, or SERIN_TOKEN.\nTry: kubectl create token ACCOUNT -n NAMESPACE > FILE',
    ],
    [`get --server ${url} --token-file nowhere`, 'nowhere cannot be read: There is no file nowhere.'],
    [`get --server ${url} --token-file ca.pem`, 'ca.pem holds no token: it is something else.'],
    [`get --server ${url} --token-file empty`, 'empty holds no token: it is empty.'],
    [`get --server ${url} --token t --token-file token`, '--token and --token-file say the same: give one of them.'],
    [`get --server ${url} --token t --certificate-authority token`, 'token holds no certificate in PEM.'],
    [`get --server ${url} --token t --context other`, '--server goes without --kubeconfig and --context'],
    ['get --token t', '--token is for a server, and none is named: --server URL, or SERIN_SERVER.'],
    ['get --token-file token', '--token-file is for a server'],
    ['get --certificate-authority ca.pem', '--certificate-authority is for a server'],
  ])('`%s` is wrong usage', async (line, sentence) => {
    const cluster = served();
    cluster.files['empty'] = '\n';

    const ran = await cluster.run(line);

    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toContain(sentence);
    expect(ran.err).not.toContain('secret@');
    expect([cluster.served, cluster.opened]).toEqual([[], []]);
  });

  it('is named when the environment holds none', async () => {
    const cluster = served();
    cluster.server = { url: 'serin.example.com', token: 't' };

    const ran = await cluster.run('get');

    expect(ran.code).toBe(2);
    expect(ran.err).toContain(
      'SERIN_SERVER is "serin.example.com". Expected an address such as "https://serin.example.com". Did you mean "https://serin.example.com"?',
    );
  });

  it.each([
    'plan checkout',
    'doctor checkout',
    'undo checkout',
    'restart checkout',
    'uninstall',
    'replay checkout',
    'controller --prometheus-url http://prometheus:9090',
  ])('`serin %s` needs a kubeconfig, and says so', async (line) => {
    const cluster = served();
    const verb = line.split(' ')[0] ?? '';

    const flag = await cluster.run(`${line} --server ${url} --token t`);
    cluster.server = { url, token: 't' };
    const environment = await cluster.run(line);

    const sentence = `serin: serin ${verb} works on the cluster itself and needs a kubeconfig; through a server there are get, status, watch, wait, explain, history, promote, approve, pause, resume, abort and retry.`;
    expect(flag).toMatchObject({ code: 2, out: '' });
    expect(flag.err).toContain(`${sentence}\n`);
    expect(environment).toMatchObject({ code: 2, out: '' });
    expect(environment.err).toContain(
      `${sentence} SERIN_SERVER is set: unset it, or choose with --kubeconfig or --context.\n`,
    );
    expect([cluster.opened, cluster.controllers]).toEqual([[], []]);
  });

  it('is asked for the names that a shell offers', async () => {
    const cluster = served();

    const ran = await cluster.run([
      '__complete',
      '--',
      'status',
      '--server',
      url,
      '--token-file',
      'token',
      '-n',
      'shop',
      '',
    ]);

    expect(ran.out).toContain('Deployment\n');
    expect(cluster.served.map(({ token }) => token)).toEqual(['from.the-file']);
  });
});
