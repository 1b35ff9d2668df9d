// The schema of a rollout as it is sent, which is the record that `serin get -o json` prints.
import { z } from 'zod';
import { verbs } from '../../domain/people.ts';
import { phases } from '../../domain/rollout.ts';
import { approvalSchema, givenSchema, verdictSchema, versionSchema } from './record-parts.ts';

const time = z.iso.datetime();

const requestSchema = z
  .object({
    id: z.string(),
    verb: z.enum(verbs),
    step: z.int().min(1).optional(),
    actor: z.string().describe('Who asked, as the cluster knows them.'),
    surface: z.string().describe('From where: serin, http, slack, kubectl.'),
    reason: z.string().optional(),
    overrideFreeze: z.literal(true).optional().describe('It was to go on in spite of a freeze.'),
    time,
  })
  .meta({ id: 'Request', description: 'What somebody asked for.' });

const answerSchema = z
  .object({ id: z.string(), outcome: z.enum(['done', 'refused', 'repeated']), message: z.string(), time })
  .meta({ id: 'Answer', description: 'What became of a request.' });

/** One rollout. */
export const rolloutSchema = z
  .object({
    schema: z.literal('serin.dev/rollout/v1'),
    namespace: z.string(),
    name: z.string(),
    uid: z.string(),
    resourceVersion: z.string().describe('Another one at every change; the id of an event that carries this rollout.'),
    createdAt: time,
    target: z.string().describe('The Deployment that is released.'),
    mode: z.enum(['managed', 'pair']),
    attempt: z.int().min(1),
    stable: versionSchema,
    canary: versionSchema,
    phase: z.enum(phases),
    reason: z.string().describe('The present situation in one CamelCase word.'),
    message: z.string().describe('The present situation in one sentence.'),
    paused: z.boolean(),
    step: z.int().min(1).describe('The present step, counted from 1.'),
    steps: z.array(z.number()).describe('The weights of the plan, in percent.'),
    weight: z.object({ intended: z.number(), observed: z.number().nullable() }),
    finished: z.boolean().describe('Whether nothing more will happen: promoted or rolledBack.'),
    finishedAt: time.optional(),
    cause: z.string().optional().describe('Why it was rolled back.'),
    approval: approvalSchema.optional(),
    freezeOverride: givenSchema.optional().describe('Who let it go on in spite of freezes.'),
    verdicts: z.array(verdictSchema).describe('The latest judgement of every gate.'),
    history: z.array(
      z.object({
        time,
        phase: z.enum(phases),
        step: z.int().min(1),
        weight: z.number(),
        warrant: z.string().optional(),
        message: z.string(),
      }),
    ),
    requests: z.array(requestSchema),
    answers: z.array(answerSchema),
    display: z.record(z.string(), z.string()).describe('The words of the columns of `serin get`.'),
  })
  .meta({ id: 'Rollout', description: 'One attempt to release one revision of a Deployment.' });
