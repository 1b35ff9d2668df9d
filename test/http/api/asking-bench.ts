// A rollout in memory that is asked over HTTP.
import { type ApiScene, apiScene, as, baking, type tokens } from '../../support/api-world.ts';
import { runUntil } from '../../support/run.ts';

/** Settings of a rollout that bakes as long as a test lasts. */
export const long = { bake: '1h', 'max-bake': '2h' };

/** A rollout that bakes at its first step. */
export async function begun(settings: Readonly<Record<string, string>> = long): Promise<ApiScene> {
  const api = apiScene({ settings });
  await runUntil(api.scene, baking(0));
  return api;
}

/** Who asks, what for and of which rollout: ada unless given, nothing more, and the one there is. */
interface Sent {
  readonly who?: keyof typeof tokens;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly name?: string;
}

/** Sends a request over HTTP. */
export function send({ app }: ApiScene, verb: string, { who = 'ada', body, name = 'reviews-v2' }: Sent = {}) {
  return app.inject({
    method: 'POST',
    url: `/v1/rollouts/shop/${name}/${verb}`,
    headers: as(who),
    ...(body === undefined ? {} : { payload: body }),
  });
}
