// Names as label values, which are shorter.
import { createHash } from 'node:crypto';

const longest = 63;

/** The name itself where it fits into a label; else its beginning and a hash of all of it. */
export function labelValue(name: string): string {
  if (name.length <= longest) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, longest - 9).replace(/[^a-z0-9]+$/, '')}-${hash}`;
}
