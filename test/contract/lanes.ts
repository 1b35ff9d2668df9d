// What every mesh promises of lanes; held by the one in memory and the one on a real API server with Istio's definitions.
import { describe } from 'vitest';
import { changePromises } from './lanes-change.ts';
import { madePromises } from './lanes-made.ts';
import { subsetPromises } from './lanes-subsets.ts';
import { surveyPromises } from './lanes-survey.ts';
import type { MeshBench } from './mesh-bench.ts';

/** Holds a mesh to its promises; `setup` makes a fresh bench. */
export function lanesContract(name: string, setup: () => Promise<MeshBench>): void {
  describe(`lanes (${name})`, () => {
    surveyPromises(setup);
    changePromises(setup);
    madePromises(setup);
    subsetPromises(setup);
  });
}
