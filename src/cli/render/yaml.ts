// Records as YAML. The writer is a package of its own, loaded with this file by whoever wants it.
import { stringify } from 'yaml';

/** The text, with every value written out where it stands. */
export function yamlOf(records: unknown): string {
  return stringify(records, { aliasDuplicateObjects: false });
}
