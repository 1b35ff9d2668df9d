// docs/gates.md: its policy is in order, its fixtures come out as they say, and what it shows is what is printed.
import { describe, expect, it } from 'vitest';
import { placeNames } from '../../src/domain/gates/query-template.ts';
import { testCluster } from '../cli/support/command.ts';
import { snippetsOf } from '../support/snippets.ts';

async function files() {
  const [policy = ''] = await snippetsOf('gates.md', 'yaml');
  const [fixtures = ''] = await snippetsOf('gates.md', 'yaml fixtures');
  const [shown = ''] = await snippetsOf('gates.md', 'text');
  const cluster = testCluster();
  Object.assign(cluster.files, { 'policy.yaml': policy, 'fixtures.yaml': fixtures });
  return { cluster, policy, shown };
}

describe('docs/gates.md', () => {
  it('has a policy that serin lint has nothing to say of', async () => {
    const { cluster } = await files();

    const { code, out, err } = await cluster.run('lint -f policy.yaml');

    expect({ code, out, err }).toEqual({ code: 0, out: '', err: 'One object was looked at: all is well.\n' });
  });

  it('has fixtures that come out as they say, and shows what is printed', async () => {
    const { cluster, shown } = await files();

    const { code, out, err } = await cluster.run('gate test -f policy.yaml --fixtures fixtures.yaml');

    expect(code, out).toBe(0);
    expect(shown).not.toBe('');
    expect(out).toContain(shown);
    expect(err).toContain('No fixture for: orders.');
  });

  it('uses every place', async () => {
    const { policy } = await files();

    expect(placeNames.filter((name) => name !== 'step' && !policy.includes(`{{${name}}}`))).toEqual([]);
  });
});
