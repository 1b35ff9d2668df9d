// The claim: whose rollout moves a route's weights, and which of its intents was written last. It stands as an annotation on
// the VirtualService while a rollout is under way.

/** The annotation's key. */
export const claimKey = 'serin.dev/claim';

/** A rollout, `namespace/name`, and how often its intent had changed when it wrote. */
export interface Claim {
  readonly rollout: string;
  readonly epoch: number;
}

/** The annotation's value: `<namespace>/<name>@<epoch>`. */
export function claimText(claim: Claim): string {
  return `${claim.rollout}@${claim.epoch}`;
}

const shape = /^(?<rollout>[^/@\s]+\/[^/@\s]+)@(?<epoch>\d{1,15})$/;

/** The claim among an object's annotations; undefined when there is none or it is not one that `claimText` wrote. */
export function claimIn(annotations: Readonly<Record<string, string>> | undefined): Claim | undefined {
  const groups = shape.exec(annotations?.[claimKey] ?? '')?.groups;
  const [rollout, epoch] = [groups?.['rollout'], groups?.['epoch']];
  return rollout === undefined || epoch === undefined ? undefined : { rollout, epoch: Number(epoch) };
}
