import { describe, expect, it } from 'vitest';
import { checks } from '../../../../src/adapters/istio/doctor/checks.ts';
import type { Facts } from '../../../../src/adapters/istio/doctor/facts.ts';
import type { Finding } from '../../../../src/controller/ports.ts';
import { managed, pair } from './facts.ts';

function findings(facts: Facts): readonly Finding[] {
  return checks.map((check) => check.examine(facts));
}

describe('the checks', () => {
  it('have ids of their own', () => {
    const ids = checks.map(({ id }) => id);

    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z]+(-[a-z]+)*$/.test(id))).toEqual([]);
  });

  it.each([
    ['a managed Deployment', managed()],
    ['one that asks for nothing yet', managed({ examined: { asks: false } })],
    ['a versioned pair', pair()],
  ])('are all fine for %s in good order', (_what, facts) => {
    expect(findings(facts).filter(({ level }) => level !== 'fine')).toEqual([]);
  });

  it('say what was found in sentences, and what to do unless all is well', () => {
    const sources = Object.keys(managed().sources) as (keyof Facts['sources'])[];
    const all = [managed(), pair(), managed({ unread: sources }), managed({ sources: { pods: [], services: [] } })];

    for (const { id, level, message, advice } of all.flatMap(findings)) {
      expect(message, id).toMatch(/^[A-Z0-9'"].*[.?:]/s);
      if (level === 'blocking' || level === 'warning') expect(advice, id).toBeDefined();
      if (level === 'fine') expect(advice, id).toBeUndefined();
    }
  });

  it('are unknown, and say why, where what they need could not be read', () => {
    const facts = managed({ unread: ['virtualServices', 'traffic'] });

    const unknown = findings(facts).filter(({ level }) => level === 'unknown');

    expect(unknown.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['subset-undefined', 'two-virtual-services', 'unmeshed-clients', 'traffic-volume']),
    );
    expect(unknown[0]?.message).toMatch(/^Not looked at, because (virtualServices|traffic) may not be listed\.$/);
    expect(findings(facts).find(({ id }) => id === 'service-missing')?.level).toBe('fine');
  });
});
