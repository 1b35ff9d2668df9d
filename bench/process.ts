// What a process costs, from Linux' own accounts of it.
import { readFileSync } from 'node:fs';

/** Clock ticks are hundredths of a second on every Linux that Node runs on. */
const msPerClockTick = 10;

/** Processor time used so far, user and system together, in milliseconds. Throws where there is no /proc. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before it may hold spaces
  return (Number(fields[11]) + Number(fields[12])) * msPerClockTick; // utime and stime: proc(5), fields 14 and 15
}

/** Resident memory now and at its highest, in MiB. */
export function memoryMiB(pid: number): { readonly now: number; readonly highest: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { now: kilobytes(status, 'VmRSS') / 1_024, highest: kilobytes(status, 'VmHWM') / 1_024 };
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
}
