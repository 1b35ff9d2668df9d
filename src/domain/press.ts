// A button of a rollout's message, pressed: what it was drawn for, so that an old message cannot move a new rollout.
import type { NoticeButton } from './announcement.ts';

/** What a pressed button asks. */
export interface Press {
  readonly verb: NoticeButton['verb'];
  readonly namespace: string;
  readonly rollout: string;
  readonly uid: string;
  readonly step: number;
  /** How many requests there were when the button was drawn. */
  readonly asked: number;
}
