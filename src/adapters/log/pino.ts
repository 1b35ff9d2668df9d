// The log as lines of JSON, one object a line, to standard output.
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import type { Fields, Log } from '../../controller/log.ts';
import { errorFields, fieldValue } from './error-fields.ts';

/** How much is written, least last. */
export type LogLevel = 'info' | 'warn' | 'error' | 'silent';

/**
 * Writes every line at once and in full, so that none is lost when the process is killed. `destination` is where the
 * lines go; standard output when it is left out.
 */
export function pinoLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return logOn(destination === undefined ? pino(options) : pino(options, destination));
}

function logOn(logger: Logger): Log {
  return {
    info: (message, fields) => logger.info(written(fields), message),
    warn: (message, fields, error) => logger.warn(written(fields, error), message),
    error: (message, fields, error) => logger.error(written(fields, error), message),
    child: (fields) => logOn(logger.child(written(fields))),
  };
}

function written(fields: Fields = {}, error?: unknown): Record<string, unknown> {
  const plain = Object.entries(fields).map(([key, value]) => [key, fieldValue(value)] as const);
  return { ...Object.fromEntries(plain), ...(error === undefined ? {} : { error: errorFields(error) }) };
}
