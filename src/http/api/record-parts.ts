// Parts of a rollout as it is sent.
import { z } from 'zod';
import type { Approval } from '../../domain/rollout.ts';
import { formatInstant } from '../../domain/time.ts';

/** One version of a workload. */
export const versionSchema = z
  .object({ workload: z.string(), hash: z.string(), images: z.array(z.string()) })
  .meta({ id: 'Version', description: 'A Deployment and the hash of the pod template that was decided on.' });

/** A person's word that is waited for, or that was given for where the rollout stands. */
export const approvalSchema = z
  .object({
    of: z.enum(['start', 'step']),
    step: z.int().min(1),
    askedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().optional().describe('When silence is taken for an answer.'),
    given: z
      .object({ by: z.string(), surface: z.string(), time: z.iso.datetime(), reason: z.string().optional() })
      .optional()
      .describe('Who approved; absent while it is waited for.'),
  })
  .meta({ id: 'Approval', description: "A person's word that is waited for, or that was given." });

/** What is sent of an approval. */
export function approvalOf({ of, step, askedAt, expiresAt, given }: Approval): z.input<typeof approvalSchema> {
  return {
    of,
    step: step + 1,
    askedAt: formatInstant(askedAt),
    ...(expiresAt === undefined ? {} : { expiresAt: formatInstant(expiresAt) }),
    ...(given === undefined ? {} : { given: { ...given, time: formatInstant(given.time) } }),
  };
}

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
