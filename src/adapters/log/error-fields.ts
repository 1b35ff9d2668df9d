// What may be written of an error and of a field: an allow-list, because errors of HTTP clients carry the request's
// headers and so its credentials.

/** The written part of an error. */
export interface ErrorFields {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  /** The first frames, without the message. */
  readonly stack?: readonly string[];
  readonly cause?: ErrorFields;
}

const keptFrames = 8;
const keptCauses = 3;
const keptLetters = 1_000;

/** The written part of anything that was thrown; causes up to three deep. */
export function errorFields(error: unknown, depth = 0): ErrorFields {
  if (typeof error !== 'object' || error === null) return { type: typeof error, message: strike(String(error)) };
  const { name, message, error: sentence, code, status, statusCode, stack, cause } = error as Record<string, unknown>;
  const shortCode = [code, status, statusCode].find(isShort);
  return {
    type: typeof name === 'string' ? name : error.constructor?.name || 'object',
    message: strike([message, sentence].find((text) => typeof text === 'string') ?? 'no message'),
    ...(shortCode === undefined ? {} : { code: shortCode }),
    ...(typeof stack === 'string' ? { stack: framesOf(stack) } : {}),
    ...(cause === undefined || depth >= keptCauses ? {} : { cause: errorFields(cause, depth + 1) }),
  };
}

/** A field as it is written: names, numbers and words, an object's place as `namespace/name`, and nothing else. */
export function fieldValue(value: unknown): string | number | boolean | null | readonly string[] | undefined {
  switch (typeof value) {
    case 'string':
      return strike(value);
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
      return value.toString();
    case 'object':
      return value === null ? null : objectValue(value);
    case 'symbol':
    case 'function':
      return '[not written]';
  }
}

function objectValue(value: object): string | readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.slice(0, 50).map(strike);
  const { namespace, name } = value as Record<string, unknown>;
  return typeof namespace === 'string' && typeof name === 'string' ? `${namespace}/${name}` : '[not written]';
}

/** Takes credentials out of a sentence: bearer and basic tokens, and the password in an address. */
function strike(text: string): string {
  return text
    .slice(0, keptLetters)
    .replaceAll(/\b(bearer|basic)\s+[\w~+/.=-]+/gi, '$1 [struck out]')
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi, '$1[struck out]@')
    .replaceAll(
      /\b(authorization|x-api-key|api[-_]?key|token|password|secret|cookie)(["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&}]+)/gi,
      '$1$2[struck out]',
    );
}

function framesOf(stack: string): readonly string[] {
  return stack
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, keptFrames);
}

function isShort(code: unknown): code is string | number {
  return typeof code === 'number' || (typeof code === 'string' && code.length > 0 && code.length <= 64);
}
