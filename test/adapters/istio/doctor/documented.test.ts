// docs/doctor.md lists what the doctor finds, and deploy/ grants what it looks for.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findingIds } from '../../../../src/adapters/istio/doctor/doctor.ts';
import { rightsFor } from '../../../../src/adapters/istio/doctor/permissions.ts';
import { rightsOf } from '../../../support/rbac.ts';

const root = new URL('../../../../', import.meta.url);
const page = readFileSync(new URL('docs/doctor.md', root), 'utf8');
const rows = page
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, id = '']) => /^`[a-z-]+`$/.test(id))
  .map(([, id = '', level = '']) => ({ id: id.replaceAll('`', ''), level }));

describe('docs/doctor.md', () => {
  it('has a row for every finding, in the order in which they are looked for, and no other', () => {
    expect(rows.map(({ id }) => id)).toEqual(findingIds);
  });

  it('says of each whether it blocks', () => {
    expect(rows.filter(({ level }) => !/^(blocking|warning)(; (blocking|warning) .+)?$/.test(level))).toEqual([]);
  });
});

describe('the rights that the doctor looks for', () => {
  const wanted = rightsFor('managed').map(({ verb, group, resource }) => `${verb} ${group || 'core'} ${resource}`);
  const granted = rightsOf(new URL('deploy/controller/access.yaml', root).pathname, 'serin-controller');

  it('are among those that deploy/ gives the controller', async () => {
    const all = await granted;

    expect(wanted.filter((right) => !all.includes(right))).toEqual([]);
  });

  it('take in all that writes, but for what only some clusters ask for, and what asks about people', async () => {
    const writes = (await granted).filter((right) => /^(create|patch|update|delete) /.test(right));

    expect(writes.filter((right) => !wanted.includes(right))).toEqual([
      'create authentication.k8s.io tokenreviews',
      'create authorization.k8s.io subjectaccessreviews',
      'update apps deployments/finalizers',
    ]);
  });

  it('are fewer for a pair, of which nothing is made', () => {
    const pair = rightsFor('pair').map(({ verb, resource }) => `${verb} ${resource}`);

    expect(pair).toContain('patch virtualservices');
    expect(pair).not.toContain('create deployments');
    expect(rightsFor('managed').length).toBeGreaterThan(pair.length);
  });
});
