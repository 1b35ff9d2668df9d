// What is taken and what is given, beside rollouts and problems.
import { z } from 'zod';
import { phases } from '../../domain/rollout.ts';
import { formatDuration, parseDuration } from '../../domain/time.ts';
import { rolloutSchema } from './record.ts';
import { objectSchema } from './record-parts.ts';

/** The longest that one call waits. */
export const longestWaitMs = 300_000;

/** Most rollouts in one answer. */
const mostListed = 500;

const dnsName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'Expected a name as Kubernetes takes it.');

/** The place of a rollout, in the path. */
export const placeSchema = z.object({
  namespace: dnsName.describe('The namespace.'),
  name: dnsName.describe('The name of a rollout, or of a Deployment, which stands for its newest rollout.'),
});

const wait = z
  .string()
  .transform((text, context) => {
    const millis = parseDuration(text);
    if (millis !== undefined && millis > 0 && millis <= longestWaitMs) return millis;
    context.addIssue(`Expected a duration such as "60s", at most ${formatDuration(longestWaitMs)}.`);
    return z.NEVER;
  })
  .describe(`How long to wait: a duration such as 60s, at most ${formatDuration(longestWaitMs)}.`);

/** Which of several rollouts of a Deployment is meant. */
const wantedShape = {
  revision: z.string().max(63).optional().describe("Only a rollout of this revision: the canary's hash."),
  image: z.string().max(512).optional().describe('Only a rollout whose canary runs this image.'),
};

const form = z
  .enum(['record', 'object'])
  .optional()
  .describe('`object`: rollouts as the cluster stores them, in place of records.');

/** How one rollout is asked for. */
export const oneQuerySchema = z.strictObject({
  ...wantedShape,
  waitFor: z
    .enum(['finished', 'promoted'])
    .optional()
    .describe('Wait for this: any end, or a promotion, which an end of another kind makes impossible and is told too.'),
  timeout: wait.optional(),
  form,
});

/** What is taken by a stream of events. */
export const eventsQuerySchema = z.strictObject({ form });

/** Where nothing is chosen. */
export const noQuerySchema = z.strictObject({});

/** How Deployments are listed. */
export const deploymentsQuerySchema = z.strictObject({
  namespace: dnsName
    .optional()
    .describe('Only those of this namespace; without it the right is needed in all of them.'),
});

/** How rollouts are listed. */
export const listQuerySchema = z.strictObject({
  namespace: dnsName
    .optional()
    .describe('Only those of this namespace; without it the right is needed in all of them.'),
  phase: z.enum(phases).optional(),
  target: dnsName.optional().describe('Only those of this Deployment.'),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'Expected a whole number.')
    .transform(Number)
    .pipe(z.int().min(1).max(mostListed))
    .optional()
    .describe(`Most rollouts in one answer, up to ${mostListed}; 100 unless given.`),
  continue: z.string().max(1_000).optional().describe('Where the answer before ended: its `continue`.'),
  form,
});

/** Several rollouts, newest first. */
export const listSchema = z
  .object({
    schema: z.literal('serin.dev/rollouts/v1'),
    rollouts: z.array(rolloutSchema),
    continue: z.string().optional().describe('There are more: ask again with this.'),
  })
  .meta({ id: 'RolloutList', description: 'Rollouts, newest first.' });

/** The same as objects. */
const objectListSchema = z
  .object({
    schema: z.literal('serin.dev/objects/v1'),
    objects: z.array(objectSchema),
    continue: z.string().optional().describe('There are more: ask again with this.'),
  })
  .meta({ id: 'CanaryRolloutList', description: 'Rollouts as the cluster stores them, newest first.' });

/** A page of a list in one of its forms. */
export const pageSchema = z
  .union([listSchema, objectListSchema])
  .meta({ id: 'Page', description: 'Rollouts in the form that was asked for.' });

/** One rollout, and whether what was waited for has come. */
export const waitedSchema = rolloutSchema
  .extend({
    reached: z
      .boolean()
      .optional()
      .describe('With waitFor: whether that has come. If not and not finished, ask again.'),
  })
  .meta({ id: 'WaitedRollout', description: 'One rollout, and whether what was waited for has come.' });

/** One rollout in one of its forms. */
export const oneSchema = z
  .union([waitedSchema, objectSchema])
  .meta({ id: 'One', description: 'One rollout in the form that was asked for.' });

/** What a request may say besides its verb. */
export const askSchema = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$/, 'Expected letters, digits, and - . _ between them.')
      .optional()
      .describe('The same id is the same request: it is done once and always has the same answer.'),
    step: z
      .int()
      .min(1)
      .max(20)
      .optional()
      .describe('The step that is meant, counted from 1; of promote and approve. Without it the present one.'),
    full: z.boolean().optional().describe('Promote through all remaining steps.'),
    overrideFreeze: z
      .literal(true)
      .optional()
      .describe('Go on in spite of a freeze; of promote. It takes the verb override and a reason.'),
    reason: z.string().max(160).optional().describe('Why, for whoever reads it later.'),
  })
  .meta({ id: 'Ask', description: 'What a request may say besides its verb.' });

/** What became of a request. */
export const answeredSchema = z
  .object({
    id: z.string().describe('The id of the request.'),
    namespace: z.string(),
    rollout: z.string().describe('The rollout that was asked.'),
    outcome: z
      .enum(['done', 'repeated', 'pending'])
      .describe('`repeated`: it had been done before. `pending`: it is written and will be answered.'),
    message: z.string(),
    time: z.iso.datetime().optional().describe('When it was answered.'),
  })
  .meta({ id: 'Answered', description: 'What became of a request.' });
