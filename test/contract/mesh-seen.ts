// What a mesh under test is seen to hold.
import { z } from 'zod';
import type { RouteView } from '../../src/controller/mesh-port.ts';
import type { Track } from '../../src/domain/rollout.ts';
import type { MeshBench } from './mesh-bench.ts';

const objectSchema = z.looseObject({
  metadata: z.looseObject({
    resourceVersion: z.string(),
    generation: z.number(),
    annotations: z.record(z.string(), z.string()).optional(),
    managedFields: z.array(z.looseObject({ manager: z.string() })).default([]),
  }),
  spec: z.looseObject({}),
});

/** An object as the API shows it. */
export type SeenObject = z.output<typeof objectSchema>;

/** Parses what a bench has read. Throws when there is no object. */
export function seen(object: unknown): SeenObject {
  return objectSchema.parse(object);
}

/** An object without what the API server counts and keeps by itself. */
export function content(object: SeenObject): unknown {
  const { resourceVersion: _, generation: _generation, managedFields: _fields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The route, viewed. Throws the sentence when it cannot be. */
export async function viewedIn({ mesh }: MeshBench, track: Track): Promise<RouteView> {
  const viewed = await mesh.view(track);
  if (viewed.kind === 'problem') throw new Error(viewed.problem.message);
  return viewed.view;
}
