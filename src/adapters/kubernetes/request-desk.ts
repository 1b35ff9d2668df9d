// Requests of people, appended to a rollout's spec.
import { z } from 'zod';
import type { Clock, RequestDesk } from '../../controller/ports.ts';
import type { ClusterRequests } from './connection.ts';
import { refused, sentenceOf } from './refused.ts';
import { readRollout, rolloutPath, writeRequest } from './rollout-codec.ts';
import { mostRequests } from './rollout-object.ts';

const reviewSchema = z.object({ status: z.object({ userInfo: z.object({ username: z.string() }) }) });
const tries = 5;

/** A desk that signs requests with the name by which the cluster knows us. */
export function clusterRequestDesk(cluster: ClusterRequests, { clock }: { readonly clock: Clock }): RequestDesk {
  async function whoAmI(): Promise<string> {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const answer = await cluster.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body });
    if (answer.status >= 300) throw refused('Asking who we are', answer);
    return reviewSchema.parse(answer.body).status.userInfo.username;
  }
  return {
    async append(id, request) {
      const actor = await whoAmI();
      for (let attempt = 0; attempt < tries; attempt += 1) {
        const read = await cluster.request('GET', rolloutPath(id));
        if (read.status === 404) return { kind: 'gone' };
        if (read.status !== 200) throw refused('Reading the rollout', read);
        const rollout = readRollout(read.body);
        const { requests } = rollout.spec;
        if (requests.some((each) => each.id === request.id)) return { kind: 'appended' };
        if (requests.length >= mostRequests) return { kind: 'full' };
        const entry = writeRequest({ ...request, actor, time: clock.now() });
        const body = [
          { op: 'replace', path: '/metadata/resourceVersion', value: rollout.resourceVersion },
          requests.length === 0 ? { op: 'add', path: '/spec/requests', value: [entry] } : { op: 'add', path: '/spec/requests/-', value: entry },
        ];
        const query = { fieldManager: 'serin' };
        const answer = await cluster.request('PATCH', rolloutPath(id), { body, contentType: 'application/json-patch+json', query });
        if (answer.status === 200) return { kind: 'appended' };
        if (answer.status === 404) return { kind: 'gone' };
        if (answer.status === 403) return { kind: 'refused', message: sentenceOf(answer.body) };
        if (answer.status !== 409) throw refused('Writing the request', answer);
      }
      throw new Error('The rollout changed under every try to write the request; try again.');
    },
  };
}
