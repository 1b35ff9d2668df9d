// The flags of programs outside: what they make, and what they lack.
import { describe, expect, it } from 'vitest';
import { mailFlags } from '../../src/cli/mail-flags.ts';
import { testCluster } from './support/command.ts';

const allowed = { protocol: 'https:', host: 'hooks.example.com', port: '', subdomains: false } as const;
const base = 'controller --prometheus-url http://prometheus:9090';

describe('the flags', () => {
  it('tell nobody when none is given', () => {
    expect(mailFlags({})).toEqual({});
  });

  it('have webhooks signed by one secret or two, and sent to a list', () => {
    expect(mailFlags({ webhookSecretFile: ['new', 'old'], announceTo: [allowed] })).toEqual({
      mail: { webhook: { secretFiles: ['new', 'old'], allowed: [allowed] } },
    });
  });

  it('have GitHub told at its own address or another', () => {
    expect(mailFlags({ githubTokenFile: 'token' })).toEqual({
      mail: { github: { tokenFile: 'token', apiUrl: 'https://api.github.com' } },
    });
    expect(mailFlags({ githubTokenFile: 'token', githubApiUrl: 'https://github.example/api/v3' })).toMatchObject({
      mail: { github: { apiUrl: 'https://github.example/api/v3' } },
    });
  });

  it.each([
    [{ webhookSecretFile: ['file'] }, '--announce-to https://hooks.example.com'],
    [{ announceTo: [allowed] }, '--webhook-secret-file FILE'],
    [{ webhookSecretFile: ['1', '2', '3'], announceTo: [allowed] }, 'At most two secrets'],
    [{ githubApiUrl: 'https://github.example' }, '--github-token-file FILE'],
  ])('%j lack something', (words, said) => {
    expect(() => mailFlags(words)).toThrow(said);
  });

  it('are typed as the help says, several addresses one after the other', async () => {
    const help = await testCluster().run('controller --help');
    const wrong = await testCluster().run(`${base} --announce-to https://a.example --announce-to *`);

    for (const flag of ['--announce-to', '--webhook-secret-file', '--github-token-file', '--github-api-url'])
      expect(help.out).toContain(flag);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('which is no origin') });
  });
});
