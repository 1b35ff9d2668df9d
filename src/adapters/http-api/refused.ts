// What went wrong between the command and the API, as a sentence.

/** The API refused, cannot be reached, or is none. */
export class ApiRefused extends Error {
  override readonly name = 'ApiRefused';
  /** What it was answered with; undefined where nothing came back. */
  readonly status: number | undefined;
  /** What to type next; undefined where nothing helps. */
  readonly next: string | undefined;
  /** The kind of Serin's own problem; undefined where it is none. */
  readonly kind: string | undefined;

  constructor(
    message: string,
    { status, next, kind }: { readonly status?: number; readonly next?: string; readonly kind?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.next = next;
    this.kind = kind;
  }
}

const certificateCodes = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
];

/** Why nothing came back from this address, in a sentence. */
export function unreachable(error: unknown, origin: string): ApiRefused {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return new ApiRefused(sentenceOf(code, error, origin));
}

function sentenceOf(code: string, error: unknown, origin: string): string {
  if (certificateCodes.includes(code))
    return `The certificate of ${origin} is signed by nobody who is trusted here (${code}): give the authority with --certificate-authority FILE.`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return `The certificate of ${origin} is not valid at this time (${code}).`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate of ${origin} is for another name (${code}).`;
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return `${origin} does not speak TLS.`;
    case 'ECONNREFUSED':
      return `${origin} refused the connection: nothing listens there.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host of ${origin} is not known here (${code}).`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `${origin} broke the connection off.`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return `${origin} cannot be reached (${code}).`;
    default:
      return `${origin} cannot be spoken to: ${error instanceof Error ? error.message : String(error)}`;
  }
}
