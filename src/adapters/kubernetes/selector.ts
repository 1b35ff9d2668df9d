// A label selector as text.

/** A label selector as an object has it. */
export interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>> | null | undefined;
  readonly matchExpressions?:
    | readonly {
        readonly key: string;
        readonly operator: string;
        readonly values?: readonly string[] | null | undefined;
      }[]
    | null
    | undefined;
}

/** The selector in the form of a `labelSelector` parameter. */
export function selectorText({ matchLabels, matchExpressions }: Selector): string {
  const equal = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const others = (matchExpressions ?? []).map(({ key, operator, values }) => {
    const set = `(${(values ?? []).join(',')})`;
    if (operator === 'In') return `${key} in ${set}`;
    if (operator === 'NotIn') return `${key} notin ${set}`;
    return operator === 'DoesNotExist' ? `!${key}` : key;
  });
  return [...equal, ...others].join(',');
}
