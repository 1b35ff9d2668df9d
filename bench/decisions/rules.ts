// The rules side by side.
import { argo } from './peers/argo.ts';
import { flagger } from './peers/flagger.ts';
import { kayenta } from './peers/kayenta.ts';
import { zTest } from './peers/z-test.ts';
import type { Rule } from './rule.ts';
import { serin } from './serin.ts';

const steps = [10, 25, 50] as const;

/** In the order of the report's columns. */
export const rules: readonly Rule[] = [
  serin,
  flagger({
    id: 'flagger-docs',
    title: 'Flagger, documented',
    weights: [5, 10, 15, 20, 25, 30, 35, 40, 45, 50],
    threshold: 10,
  }),
  flagger({ id: 'flagger-5', title: 'Flagger, threshold 5', weights: steps, threshold: 5 }),
  argo({ id: 'argo-docs', title: 'Argo, documented', weights: steps, minutesPerStep: 10, interval: 5, least: 95 }),
  argo({
    id: 'argo-99',
    title: 'Argo, 99% and 500 ms',
    weights: steps,
    minutesPerStep: 5,
    interval: 1,
    least: 99,
    mostMs: 500,
  }),
  kayenta({ id: 'kayenta', title: 'Kayenta', weights: steps, minutesPerStep: 15 }),
  zTest,
];
