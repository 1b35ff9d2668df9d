// Why a file could not be read or written, in words.

/** Codes of Node.js (nodejs.org/api/errors.html, "Common system errors") as clauses after a colon. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder and no file',
  EACCES: 'you have no right to',
  EPERM: 'you have no right to',
};

/** Why a file cannot be read or written: a clause after a colon, without a full stop; what has no words here in its own. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return ('code' in error ? reasons[String(error.code)] : undefined) ?? error.message.replace(/\.\s*$/, '');
}
