// Parts of a rollout as it is sent.
import { z } from 'zod';

/** A rollout as the cluster stores it, which the command reads. */
export const objectSchema = z
  .looseObject({
    apiVersion: z.literal('serin.dev/v1alpha1'),
    kind: z.literal('CanaryRollout'),
    metadata: z.looseObject({
      namespace: z.string(),
      name: z.string(),
      uid: z.string(),
      resourceVersion: z.string(),
    }),
    spec: z.looseObject({}),
    status: z.looseObject({}),
  })
  .meta({ id: 'CanaryRollout', description: 'The object as `kubectl get canaryrollout -o json` gives it.' });

/** One version of a workload. */
export const versionSchema = z
  .object({ workload: z.string(), hash: z.string(), images: z.array(z.string()) })
  .meta({ id: 'Version', description: 'A Deployment and the hash of the pod template that was decided on.' });

/** A word that somebody gave. */
export const givenSchema = z
  .object({ by: z.string(), surface: z.string(), time: z.iso.datetime(), reason: z.string().optional() })
  .meta({ id: 'Given', description: 'Who said so, from where, when, and why.' });

/** A person's word that is waited for, or that was given for where the rollout stands. */
export const approvalSchema = z
  .object({
    of: z.enum(['start', 'step']),
    step: z.int().min(1),
    askedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().optional().describe('When silence is taken for an answer.'),
    given: givenSchema.optional().describe('Who approved; absent while it is waited for.'),
  })
  .meta({ id: 'Approval', description: "A person's word that is waited for, or that was given." });

const countedSchema = z.object({ requests: z.number(), failures: z.number() });
const oddsSchema = z.object({ odds: z.number(), needed: z.number() });

/** One gate's judgement. */
export const verdictSchema = z
  .object({
    gate: z.string(),
    verdict: z.enum(['pass', 'fail', 'undecided', 'noData', 'sourceDown']),
    reason: z.string(),
    message: z.string().describe('One sentence with the numbers behind the verdict.'),
    query: z.string().optional().describe('The query behind the numbers.'),
    numbers: z
      .object({
        canary: countedSchema,
        stable: countedSchema.optional(),
        interval: z.object({ low: z.number(), high: z.number(), level: z.number() }).optional(),
        margin: z.number().optional(),
        worse: oddsSchema.optional(),
        fine: oddsSchema.optional(),
        progress: z.object({ have: z.number(), need: z.number(), leftMs: z.number().optional() }).optional(),
      })
      .optional(),
    shadow: z.literal(true).optional().describe('Shown and not judged.'),
  })
  .meta({ id: 'Verdict', description: 'What a gate says.' });
