// Which labels choose which pods.
import type { Labels, Selector } from './fields.ts';

/** Whether labels are among those wanted; nothing wanted is everything. */
export function carries(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** Whether two sets of labels are the same. */
export function sameLabels(a: Labels, b: Labels): boolean {
  return carries(a, b) && carries(b, a);
}

/** Whether a selector chooses an object with these labels; an empty one chooses all. */
export function chooses({ matchLabels, matchExpressions }: Selector, labels: Labels): boolean {
  return carries(labels, matchLabels) && matchExpressions.every((expression) => holds(expression, labels));
}

function holds({ key, operator, values }: Selector['matchExpressions'][number], labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    // There are no others; one that comes later is taken for a match, so that what it chooses is looked at.
    default:
      return true;
  }
}

/** The first label wanted that is missing or different, as people write it: `version=v1`. */
export function missingLabel(labels: Labels, wanted: Labels): string | undefined {
  const [key, value] = Object.entries(wanted).find(([name, text]) => labels[name] !== text) ?? [];
  return key === undefined ? undefined : `${key}=${value}`;
}
