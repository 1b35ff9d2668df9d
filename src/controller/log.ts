// Where the controller's working is written down for whoever runs it.

/** What a line is about: names, numbers and words. Anything else is not written. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * A log of static messages with fields. An error is given as the last argument, never within the fields or the message;
 * of it only type, message, code and a short stack are written, with credentials struck out. Never throws.
 */
export interface Log {
  /** Something went as it should. */
  info(message: string, fields?: Fields): void;
  /** Something a person may want to look at; the work goes on. */
  warn(message: string, fields?: Fields, error?: unknown): void;
  /** Something failed. */
  error(message: string, fields?: Fields, error?: unknown): void;
  /** A log that writes these fields with every line. */
  child(fields: Fields): Log;
}

/** A log that keeps nothing, for who has no use of one. */
export const silentLog: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
