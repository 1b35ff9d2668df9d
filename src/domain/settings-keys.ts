// The names of settings, and what is said where one is wrong.

/** The prefix of every annotation and label. */
export const prefix = 'serin.dev/';

/** Settings a person may write, as annotation keys without the prefix. */
export const settingKeys = [
  'canary',
  'canary-of',
  'policy',
  'steps',
  'bake',
  'max-bake',
  'error-margin',
  'max-error-rate',
  'max-latency',
  'min-requests',
  'on-undecided',
  'false-rollback',
  'virtual-service',
  'route',
  'analysis',
  'max-unmeshed',
  'testers',
  'slack-channel',
  'webhook',
  'github',
  'github-ref',
  'approval',
  'approval-timeout',
  'on-approval-timeout',
  'approval-by-author',
  'author',
] as const;

/** One of them. */
export type SettingKey = (typeof settingKeys)[number];

/** One thing wrong with one setting. */
export interface SettingProblem {
  readonly key: string;
  readonly value: string;
  /** Names the value, what was expected, and the nearest valid spelling. */
  readonly message: string;
}

/** Letters a setting may have, which is also what the object that pins it has room for. */
export const longest = 200;
