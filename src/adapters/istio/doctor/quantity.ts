// Amounts as Kubernetes writes them: `250m`, `1.5Gi`, `2e3`.

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Reads an amount in its base unit (k8s.io/apimachinery, resource.Quantity); undefined when it is none. */
export function amountOf(text: string): number | undefined {
  const [, digits, exponent, unit] =
    /^([+-]?\d*\.?\d+|[+-]?\d+\.)(?:[eE]([+-]?\d+)|([numkMGTPE]i?))?$/.exec(text.trim()) ?? [];
  const factor = exponent === undefined ? factors[unit ?? ''] : 10 ** Number(exponent);
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}
