// The order of test files: those that take minutes begin first, so that none of them runs on alone at the end.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take more than a minute and a half on two cores, so ordered that the two of kills do not meet. */
export const slow = [
  'managed-kill',
  'judgement',
  'managed-routes',
  'kill',
  'managed-promotion',
  'foreign-edits',
  'restarts',
  'managed-abort',
  'stories',
  'wait',
  'managed-pods',
  'deployed',
  'managed-doctor',
];

/** Vitest's own order, but for these. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    return usual.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = slow.findIndex((name) => moduleId.endsWith(`/e2e/${name}.test.ts`));
  return rank === -1 ? slow.length : rank;
}
